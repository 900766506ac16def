import * as assert from 'uvu/assert'
import {
  Admission,
  type AdmissionLimits,
  BULK_LOADS_IN_FLIGHT_MAX,
  BYTES_IN_FLIGHT_MAX,
  type Demand,
} from '../../src/admission/admission.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { test } from '../support/suite.ts'

const SMALL: Demand = { bytes: 0, isBulkLoad: false }
const LOAD: Demand = { bytes: 0, isBulkLoad: true }
const MINUTE = 60_000

/** Starts and ends operations, and records the order in which they begin. */
class Operations {
  readonly begun: string[] = []
  readonly #admission: Admission

  constructor(limits: AdmissionLimits) {
    this.#admission = new Admission(limits)
  }

  /** @returns the reason of the refusal, if it is refused */
  async start(share: string, demand = SMALL, ms = MINUTE): Promise<string | undefined> {
    try {
      const waiting = this.#admission.enter(share, demand, performance.now() + ms)
      if (waiting) await waiting
      this.begun.push(share)
      return undefined
    } catch (error) {
      assert.instance(error, MagnetoDBError)
      return (error as MagnetoDBError).reason.is
    }
  }

  /** @returns once the waiting operations that may begin have begun */
  async end(share: string, demand = SMALL): Promise<void> {
    this.#admission.leave(share, demand)
    await new Promise(setImmediate)
  }
}

test("a project's operations beyond its share wait for its own to end", async () => {
  const operations = new Operations({ operationsInFlightMax: 8, projectShare: 0.25 })
  const waiting = Array.from({ length: 5 }, () => operations.start('a'))
  await operations.start('b')
  assert.equal(operations.begun, ['a', 'a', 'b'])
  for (let i = 0; i < 3; i++) await operations.end('a')
  assert.equal(operations.begun, ['a', 'a', 'b', 'a', 'a', 'a'])
  assert.equal(await Promise.all(waiting), Array(5).fill(undefined))
})

test('if the process is full, projects take turns', async () => {
  const operations = new Operations({ operationsInFlightMax: 2, projectShare: 1 })
  const shares = ['a', 'a', 'a', 'a', 'a', 'b', 'c', 'c']
  const waiting = shares.map((share) => operations.start(share))
  assert.equal(operations.begun, ['a', 'a'])
  for (const share of ['a', 'a', 'a', 'b', 'c', 'a']) await operations.end(share)
  assert.equal(operations.begun, ['a', 'a', 'a', 'b', 'c', 'a', 'c', 'a'])
  await Promise.all(waiting)
})

test('a waiting operation is refused at its deadline, with what was full', async () => {
  const operations = new Operations({ operationsInFlightMax: 2, projectShare: 0.5 })
  await operations.start('a')
  assert.is(await operations.start('a', SMALL, 20), 'too_many_project_requests')
  await operations.start('b')
  assert.is(await operations.start('c', SMALL, 20), 'too_many_requests')
  await operations.end('a')
  assert.is(await operations.start('c'), undefined)
})

test('bytes have shares too, and an operation above a share runs alone', async () => {
  const operations = new Operations({ projectShare: 0.25 })
  const large = { bytes: BYTES_IN_FLIGHT_MAX / 2, isBulkLoad: false }
  await operations.start('a', large)
  const second = operations.start('a', large)
  const behind = operations.start('a')
  await operations.start('b', large)
  assert.equal(operations.begun, ['a', 'b'])
  await operations.end('a', large)
  assert.equal(operations.begun, ['a', 'b', 'a', 'a'])
  assert.equal(await Promise.all([second, behind]), [undefined, undefined])
})

test('bulk loads have separate places and are refused at once', async () => {
  const operations = new Operations({ operationsInFlightMax: 1, projectShare: 0.25 })
  await operations.start('a')
  for (const share of ['a', 'b', 'c', 'd']) {
    for (let i = 0; i < BULK_LOADS_IN_FLIGHT_MAX / 4; i++) {
      assert.is(await operations.start(share, LOAD), undefined)
    }
  }
  assert.is(await operations.start('a', LOAD), 'too_many_project_requests')
  assert.is(await operations.start('e', LOAD), 'too_many_requests')
})

test.run()
