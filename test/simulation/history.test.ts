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

test('what was put is seen', () => {
  assert.ok(isExplained(put(10, 1), get(20, 1)))
  assert.not(isExplained(put(10, 1), get(20)))
  assert.not(isExplained(put(10, 1), get(20, 2)))
})

test('a put of unknown outcome may be seen, not seen, or seen late', () => {
  assert.ok(isExplained(put(10, 1), put(20, 2, 'unknown'), get(30, 1), get(40, 2)))
  assert.not(isExplained(put(10, 1), put(20, 2, 'unknown'), get(30, 2), get(40, 1)))
})

test('a put that was not done is not seen', () => {
  assert.not(isExplained(put(10, 1, 'none'), get(20, 1)))
})

test('of two writes at once either is the last, but for all readers the same', () => {
  assert.ok(isExplained(put(10, 1), put(12, 2), get(20, 1), get(30, 1)))
  assert.not(isExplained(put(10, 1), put(12, 2), get(20, 1), get(30, 2)))
})

test('each of two swaps from one value cannot succeed', () => {
  const swap = (to: number, outcome: Outcome) =>
    at(20, { do: 'swap', key: 'a', from: 1, to }, outcome)
  assert.ok(isExplained(put(10, 1), swap(2, 'ok'), swap(3, 'failed')))
  assert.not(isExplained(put(10, 1), swap(2, 'ok'), swap(3, 'ok')))
})

test('what was added is shown once', () => {
  const add = (start: number, shown: number) =>
    at(start, { do: 'add', key: 'a', number: 2 }, 'ok', shown)
  assert.ok(isExplained(add(10, 2), add(20, 4)))
  assert.not(isExplained(add(10, 2), add(20, 2)))
})

test('a table made anew is empty', () => {
  const deleted = at(20, { do: 'delete' })
  const again = at(30, { do: 'create' })
  assert.ok(isExplained(put(10, 1), deleted, again, get(40)))
  assert.not(isExplained(put(10, 1), deleted, again, get(40, 1)))
})

test('a table is not gone before it is deleted', () => {
  assert.not(isExplained(at(10, { do: 'get', key: 'a' }, 'gone')))
  assert.ok(isExplained(at(10, { do: 'delete' }), at(20, { do: 'get', key: 'a' }, 'gone')))
})

test('an item that expires is there before and gone afterwards', () => {
  const expiring = at(10, { do: 'put', key: 'a', value: 1, lifeMs: 1_000 })
  assert.ok(isExplained(expiring, get(500, 1), get(2_000)))
  assert.not(isExplained(expiring, get(500)))
  assert.not(isExplained(expiring, get(2_000, 1)))
})

test.run()
