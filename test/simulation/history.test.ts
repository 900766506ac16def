import * as assert from 'uvu/assert'
import { suite } from '../support/suite.ts'
import { type Event, faultOf, type Operation, type Outcome } from './history.ts'

const test = suite('history of a simulation')

function at(start: number, operation: Operation, outcome: Outcome = 'ok', shown?: number): Event {
  return { operation, start, end: start + 5, outcome, shown }
}

const CREATED = at(0, { do: 'create' })
const get = (start: number, shown?: number) => at(start, { do: 'get', key: 'a' }, 'ok', shown)
const put = (start: number, value: number, outcome: Outcome = 'ok') =>
  at(start, { do: 'put', key: 'a', value }, outcome)

function isExplained(...events: readonly Event[]): boolean {
  return faultOf([CREATED, ...events], 0) === undefined
}

test('history: an acknowledged put must be seen', () => {
  assert.ok(isExplained(put(10, 1), get(20, 1)))
  assert.not(isExplained(put(10, 1), get(20)))
  assert.not(isExplained(put(10, 1), get(20, 2)))
})

test('history: a put of unknown outcome may be seen, not seen, or seen late', () => {
  assert.ok(isExplained(put(10, 1), put(20, 2, 'unknown'), get(30, 1), get(40, 2)))
  assert.not(isExplained(put(10, 1), put(20, 2, 'unknown'), get(30, 2), get(40, 1)))
})

test('history: a put that was not applied must not be seen', () => {
  assert.not(isExplained(put(10, 1, 'none'), get(20, 1)))
})

test('history: of two concurrent writes all readers see the same one as last', () => {
  assert.ok(isExplained(put(10, 1), put(12, 2), get(20, 1), get(30, 1)))
  assert.not(isExplained(put(10, 1), put(12, 2), get(20, 1), get(30, 2)))
})

test('history: of two swaps from one value at most one succeeds', () => {
  const swap = (to: number, outcome: Outcome) =>
    at(20, { do: 'swap', key: 'a', from: 1, to }, outcome)
  assert.ok(isExplained(put(10, 1), swap(2, 'ok'), swap(3, 'failed')))
  assert.not(isExplained(put(10, 1), swap(2, 'ok'), swap(3, 'ok')))
})

test('history: an acknowledged addition counts once', () => {
  const add = (start: number, shown: number) =>
    at(start, { do: 'add', key: 'a', number: 2 }, 'ok', shown)
  assert.ok(isExplained(add(10, 2), add(20, 4)))
  assert.not(isExplained(add(10, 2), add(20, 2)))
})

test('history: a re-created table is empty', () => {
  const deleted = at(20, { do: 'delete' })
  const again = at(30, { do: 'create' })
  assert.ok(isExplained(put(10, 1), deleted, again, get(40)))
  assert.not(isExplained(put(10, 1), deleted, again, get(40, 1)))
})

test('history: a table exists until it is deleted', () => {
  assert.not(isExplained(at(10, { do: 'get', key: 'a' }, 'gone')))
  assert.ok(isExplained(at(10, { do: 'delete' }), at(20, { do: 'get', key: 'a' }, 'gone')))
})

test('history: an item is seen before its expiry and not after it', () => {
  const expiring = at(10, { do: 'put', key: 'a', value: 1, lifeMs: 1_000 })
  assert.ok(isExplained(expiring, get(500, 1), get(2_000)))
  assert.not(isExplained(expiring, get(500)))
  assert.not(isExplained(expiring, get(2_000, 1)))
})

test.run()
