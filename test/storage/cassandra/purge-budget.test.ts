import { setImmediate as nextTurn } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import {
  BATCH_DELETES,
  BEST_REMEMBERED_MS,
  DELETES_IN_FLIGHT_MAX,
  PurgeBudget,
} from '../../../src/storage/cassandra/purge/budget.ts'
import { suite } from '../../support/suite.ts'

const test = suite('cassandra purge budget')

/** Deletes with their own clock, which end when the test says so. */
class Deletes {
  now = 0
  inFlight = 0
  readonly begun: string[] = []
  readonly budget = new PurgeBudget(() => this.now)
  #ends: (() => void)[] = []

  run(name: string): Promise<void> {
    return this.budget.run(async () => {
      this.begun.push(name)
      this.inFlight += 1
      await new Promise<void>((resolve) => this.#ends.push(resolve))
      this.inFlight -= 1
    })
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0)) end()
    await nextTurn()
  }

  /** Runs a batch of deletes, each of which takes this long. */
  async batch(ms: number): Promise<void> {
    for (let count = 0; count < BATCH_DELETES; count += 1) {
      const done = this.run('d')
      this.now += ms
      await this.end()
      await done
    }
  }
}

test('purges of a process share the deletes in flight and take turns', async () => {
  const deletes = new Deletes()
  const all = ['a', 'b', 'c'].flatMap((name) =>
    Array.from({ length: DELETES_IN_FLIGHT_MAX }, () => name),
  )
  const [a, b, c] = [all.slice(0, 8), all.slice(8, 16), all.slice(16)]
  const turns = a.flatMap((name, index) => [name, b[index] ?? '', c[index] ?? ''])
  const done = Promise.all(turns.map((name) => deletes.run(name)))
  for (let rounds = 1; rounds <= 3; rounds += 1) {
    assert.is(deletes.inFlight, DELETES_IN_FLIGHT_MAX)
    assert.is(deletes.begun.length, rounds * DELETES_IN_FLIGHT_MAX)
    await deletes.end()
  }
  await done
  assert.equal(deletes.begun, turns)
})

test('deletes in flight are halved while they take twice the best time', async () => {
  const deletes = new Deletes()
  const allowed: number[] = []
  for (const ms of [10, 19, 21, 21, 21, 21, 15, 15, 15, 15]) {
    await deletes.batch(ms)
    allowed.push(deletes.budget.allowed)
  }
  assert.equal(allowed, [8, 8, 4, 2, 1, 1, 2, 4, 8, 8])
})

test('the best time is that of the last minute', async () => {
  const deletes = new Deletes()
  await deletes.batch(10)
  await deletes.batch(100)
  assert.is(deletes.budget.allowed, 4)
  deletes.now += BEST_REMEMBERED_MS
  await deletes.batch(100)
  assert.is(deletes.budget.allowed, 8)
})

test('a failed delete frees its place', async () => {
  const budget = new PurgeBudget()
  const failing = () => budget.run(() => Promise.reject(new Error('lost')))
  const results = await Promise.allSettled(Array.from({ length: 20 }, failing))
  assert.is(results.filter(({ status }) => status === 'rejected').length, 20)
  await budget.run(async () => {})
})

test.run()
