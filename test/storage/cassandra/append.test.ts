import { setImmediate as nextTurn } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import {
  Appends,
  BATCH_BYTES_MAX,
  BATCH_ROWS_MAX,
  BATCHES_IN_FLIGHT_MAX,
  ROWS_WAITING_MAX,
  type Send,
} from '../../../src/storage/cassandra/append.ts'
import { type JournalRow, StorageUnavailableError } from '../../../src/storage/driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('cassandra append')

const soon = () => performance.now() + 10_000
const rows = (name: string, count: number, bytes = 1): JournalRow[] =>
  Array.from({ length: count }, (_, n) => ({
    sort: Buffer.from(`${name}${n}`),
    value: Buffer.alloc(bytes),
  }))

/** Plays Cassandra. A batch ends when the test says so. */
class Batches {
  readonly sent: string[][] = []
  readonly #answers: ((error?: Error) => void)[] = []

  readonly send: Send = (batch) => {
    this.sent.push(batch.map(({ sort }) => sort.toString()))
    return new Promise((resolve, reject) => {
      this.#answers.push((error) => (error === undefined ? resolve() : reject(error)))
    })
  }

  async answer(index: number, error?: Error): Promise<void> {
    this.#answers[index]?.(error)
    await nextTurn()
  }

  async answerAll(): Promise<void> {
    for (let index = 0; index < this.#answers.length; index += 1) await this.answer(index)
  }
}

/** Sends as many batches as may be in flight. */
function fillFlight(appends: Appends, batches: Batches): Promise<unknown> {
  const flight = Array.from({ length: BATCHES_IN_FLIGHT_MAX }, (_, n) =>
    appends.submit(`full ${n}`, rows('f', 1), soon(), batches.send),
  )
  assert.is(batches.sent.length, BATCHES_IN_FLIGHT_MAX)
  return Promise.all(flight)
}

const waitingBatches = ({ sent }: Batches) => sent.slice(BATCHES_IN_FLIGHT_MAX)

test('waiting rows of one partition share a batch; partitions take turns', async () => {
  const [appends, batches] = [new Appends(), new Batches()]
  const all = [fillFlight(appends, batches)]
  for (const name of ['a', 'b', 'c']) {
    all.push(appends.submit('p', rows(name, 10), soon(), batches.send))
  }
  all.push(appends.submit('q', rows('d', 2), soon(), batches.send))
  assert.equal(waitingBatches(batches), [])
  await batches.answerAll()
  await Promise.all(all)
  assert.equal(
    waitingBatches(batches).map((batch) => [batch.length, batch[0]]),
    [
      [BATCH_ROWS_MAX, 'a0'],
      [2, 'd0'],
      [5, 'c5'],
    ],
  )
})

test('a batch is limited in bytes, and a larger row is sent alone', async () => {
  const [appends, batches] = [new Appends(), new Batches()]
  const all = [fillFlight(appends, batches)]
  const sizes = [BATCH_BYTES_MAX / 2 - 100, BATCH_BYTES_MAX / 2 - 100, 1000, 2 * BATCH_BYTES_MAX, 1]
  for (const bytes of sizes) {
    all.push(appends.submit('p', rows(`${bytes} `, 1, bytes), soon(), batches.send))
  }
  await batches.answerAll()
  await Promise.all(all)
  assert.equal(
    waitingBatches(batches).map((batch) => batch.length),
    [2, 1, 1, 1],
  )
})

test('an append resolves only after all its batches are written', async () => {
  const [appends, batches] = [new Appends(), new Batches()]
  let written = false
  const append = appends.submit('p', rows('a', BATCH_ROWS_MAX + 1), soon(), batches.send)
  void append.then(() => {
    written = true
  })
  assert.is(batches.sent.length, 2)
  await batches.answer(1)
  assert.not(written)
  await batches.answer(0)
  assert.ok(written)
})

test('a failed batch rejects every append with rows in it, and no others', async () => {
  const [appends, batches] = [new Appends(), new Batches()]
  const flight = fillFlight(appends, batches)
  const failing = Promise.allSettled(
    ['a', 'b'].map((name) => appends.submit('p', rows(name, 2), soon(), batches.send)),
  )
  const other = appends.submit('q', rows('c', 1), soon(), batches.send)
  await batches.answer(0)
  assert.equal(batches.sent.at(-1), ['a0', 'a1', 'b0', 'b1'])
  await batches.answer(batches.sent.length - 1, new StorageUnavailableError('lost'))
  for (const result of await failing) assert.is(result.status, 'rejected')
  await batches.answerAll()
  await Promise.all([flight, other])
})

test('an append with one failed batch rejects, although the other is written', async () => {
  const [appends, batches] = [new Appends(), new Batches()]
  const append = appends.submit('p', rows('a', BATCH_ROWS_MAX + 1), soon(), batches.send)
  const result = Promise.allSettled([append])
  await batches.answer(0, new StorageUnavailableError('lost'))
  await batches.answer(1)
  assert.is((await result)[0]?.status, 'rejected')
})

test('a waiting append rejects at its deadline and is not sent later', async () => {
  const [appends, batches] = [new Appends(), new Batches()]
  const sent = appends.submit('p', rows('s', 1), performance.now() + 30, batches.send)
  const flight = Array.from({ length: BATCHES_IN_FLIGHT_MAX - 1 }, (_, n) =>
    appends.submit(`full ${n}`, rows('f', 1), soon(), batches.send),
  )
  const waiting = appends.submit('p', rows('w', 1), performance.now() + 30, batches.send)
  const patient = appends.submit('p', rows('x', 1), soon(), batches.send)
  for (const late of await Promise.allSettled([sent, waiting])) {
    assert.is(late.status, 'rejected')
    if (late.status === 'rejected') assert.instance(late.reason, StorageUnavailableError)
  }
  await batches.answerAll()
  await Promise.all([...flight, patient])
  assert.equal(batches.sent.at(-1), ['x0'])
})

test('an append beyond the limit of waiting rows is refused until some are sent', async () => {
  const [appends, batches] = [new Appends(), new Batches()]
  const all = [fillFlight(appends, batches)]
  for (let count = 0; count < ROWS_WAITING_MAX; count += 1000) {
    all.push(appends.submit('p', rows('w', 1000), soon(), batches.send))
  }
  const over = () => appends.submit('q', rows('o', 1), soon(), batches.send)
  assert.throws(over, (error: unknown) => error instanceof StorageUnavailableError)
  await batches.answerAll()
  await Promise.all(all)
  const again = over()
  await batches.answerAll()
  await again
})

test.run()
