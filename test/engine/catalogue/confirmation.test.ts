import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { Clocks } from '../../../src/engine/catalogue/clocks.ts'
import { Confirmation } from '../../../src/engine/catalogue/confirmation.ts'
import { moveRevision, shardOf } from '../../../src/engine/catalogue/revision.ts'
import { type FaultScript, faulty } from '../../storage/faulty-driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { remote } from '../remote-driver.ts'

const test = suite('confirmation')

const POLL_MS = 20
const CONFIRMED_MS = 150
const WAIT_MS = 30_000

const clocks = new Clocks(() => performance.now(), Date.now)

function confirming(script: FaultScript = () => undefined, by = clocks) {
  const store = new WornStore()
  const errors: unknown[] = []
  const changes: ReadonlySet<number>[] = []
  const confirmation = new Confirmation({
    driver: faulty(remote(new WornDriver(store)), script),
    onChange: (shards) => changes.push(shards),
    clocks: by,
    onBackgroundError: (error) => errors.push(error),
    pollIntervalMs: POLL_MS,
    confirmedMaxMs: CONFIRMED_MS,
  })
  return { confirmation, errors, store, changes }
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + WAIT_MS
  while (!holds()) {
    assert.ok(performance.now() < end, 'in time')
    await delay(1)
  }
}

test('no definition is confirmed before the first answer', async () => {
  const { confirmation } = confirming()
  assert.is(confirmation.holds(), false)
  await until(() => confirmation.holds())
  confirmation.close()
})

test('a revision moved by another process is noticed, in its shard only', async () => {
  let polls = 0
  const { confirmation, store, changes } = confirming(({ method }) => {
    if (method === 'get') polls++
    return undefined
  })
  const unread = confirmation.mark('moved')
  await until(() => confirmation.holds())
  assert.equal([changes.length, changes[0]?.size], [1, 256], 'all at the first answer')
  assert.is.not(confirmation.mark('moved'), unread)
  const [mark, other] = [confirmation.mark('moved'), confirmation.mark('other')]
  await delay(3 * POLL_MS)
  assert.equal([confirmation.mark('moved'), changes.length], [mark, 1], 'nothing without a move')
  await moveRevision(remote(new WornDriver(store)), 'moved', performance.now() + WAIT_MS)
  const before = polls
  await until(() => changes.length === 2)
  assert.ok(polls - before <= 2, `${polls - before} polls`)
  assert.equal([...(changes[1] ?? [])], [shardOf('moved')])
  assert.is.not(confirmation.mark('moved'), mark)
  assert.is(confirmation.mark('other'), other)
  confirmation.close()
})

test('shards that could not be read are read in the next poll', async () => {
  let isAway = true
  const { confirmation, store, changes, errors } = confirming(({ method }) =>
    method === 'getMany' && isAway ? { fault: 'unavailable' } : undefined,
  )
  await until(() => errors.length > 1)
  assert.equal([confirmation.holds(), changes.length], [false, 0])
  isAway = false
  await until(() => confirmation.holds())
  isAway = true
  await moveRevision(remote(new WornDriver(store)), 'moved', performance.now() + WAIT_MS)
  const before = errors.length
  await until(() => errors.length > before + 1)
  assert.is(changes.length, 1)
  isAway = false
  await until(() => changes.length === 2)
  assert.equal([...(changes[1] ?? [])], [shardOf('moved')])
  confirmation.close()
})

/** Clocks that only the test moves, and a confirmation with these clocks that holds. */
async function stoppedClocks() {
  const time = { monotonic: 1e6, wall: 1e12 }
  let isAway = false
  const script: FaultScript = () => (isAway ? { fault: 'unavailable' } : undefined)
  const by = new Clocks(
    () => time.monotonic,
    () => time.wall,
  )
  const { confirmation, errors } = confirming(script, by)
  await until(() => confirmation.holds())
  const pass = (monotonic: number, wall: number) => {
    time.monotonic += monotonic
    time.wall += wall
  }
  const lose = async () => {
    isAway = true
    const before = errors.length
    await until(() => errors.length > before + 1)
  }
  const find = () => {
    isAway = false
  }
  return { confirmation, pass, lose, find }
}

for (const [what, wallMs] of [
  ['forward, as after a pause of the machine', 10_000],
  ['back', -10_000],
] as const) {
  test(`a wall clock that was set ${what}, ends confirmations`, async () => {
    const { confirmation, pass, lose, find } = await stoppedClocks()
    await lose()
    pass(1, 900)
    assert.ok(confirmation.holds(), 'a clock that is kept right')
    pass(1, wallMs)
    assert.not.ok(confirmation.holds())
    find()
    await until(() => confirmation.holds())
    confirmation.close()
  })
}

test('a poll that is more than a second late ends confirmations', async () => {
  const time = { now: 1e6 }
  const by = new Clocks(
    () => time.now,
    () => time.now,
  )
  const confirmation = new Confirmation({
    driver: remote(new WornDriver()),
    onChange: () => {},
    clocks: by,
    onBackgroundError: () => {},
    pollIntervalMs: 600_000,
    confirmedMaxMs: 3_600_000,
  })
  await until(() => confirmation.holds())
  time.now += 601_000
  assert.ok(confirmation.holds())
  time.now += 1
  assert.not.ok(confirmation.holds())
  confirmation.close()
})

test('without answers confirmations end, and return with the next answer', async () => {
  const { confirmation, pass, lose, find } = await stoppedClocks()
  await lose()
  pass(CONFIRMED_MS - 1, CONFIRMED_MS - 1)
  assert.ok(confirmation.holds(), 'trouble for a moment is none')
  pass(1, 1)
  assert.not.ok(confirmation.holds())
  find()
  await until(() => confirmation.holds())
  confirmation.close()
})

test('a confirmation counts from the time of its request', async () => {
  const { confirmation } = confirming(() => ({ fault: 'delay', milliseconds: CONFIRMED_MS + 10 }))
  await delay(CONFIRMED_MS + 60)
  assert.is(confirmation.holds(), false)
  confirmation.close()
})

test('after close no poll is sent and no listener called', async () => {
  let calls = 0
  const { confirmation, errors } = confirming(() => {
    calls++
    return { fault: 'unavailable' }
  })
  confirmation.close()
  await delay(3 * POLL_MS)
  assert.equal([calls, errors.length], [1, 0])
})

test('a revision move of unknown outcome rejects, to be retried', async () => {
  const lost = faulty(new WornDriver(), () => ({ fault: 'lost-unknown' }))
  const error = await moveRevision(lost, 'project', performance.now() + 30_000).catch(
    (reason: unknown) => reason,
  )
  assert.instance(error, Error)
  await moveRevision(
    faulty(new WornDriver(), () => ({ fault: 'applied-unknown' })),
    'project',
    performance.now() + 30_000,
  )
})

test.run()
