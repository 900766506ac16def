import * as assert from 'uvu/assert'
import { suite } from '../support/suite.ts'
import { type Event, faultsOf, type SwapOutcome } from './swap-history.ts'

const test = suite('history of swaps')

const swap = (start: number, end: number, from: number, to: number, outcome: SwapOutcome) =>
  ({ kind: 'swap', start, end, from, to, outcome }) as const
const read = (start: number, end: number, value: number) =>
  ({ kind: 'read', start, end, value }) as const

const FINE: readonly Event[] = [
  swap(1, 4, 0, 1, 'ok'),
  swap(2, 5, 0, 2, 'failed'),
  read(3, 6, 0),
  swap(7, 8, 1, 3, 'unknown'),
  read(9, 10, 3),
  swap(11, 12, 1, 4, 'unknown'),
  swap(12.2, 12.8, 3, 7, 'unavailable'),
  swap(13, 14, 3, 5, 'ok'),
]

test('a correct swap history has no faults', () => {
  assert.equal(faultsOf(FINE, 0, 5), [])
  assert.equal(faultsOf([], 0, 0), [])
})

const FAULTY: readonly (readonly [string, Event, number])[] = [
  ['a lost acknowledgement', swap(15, 16, 3, 6, 'ok'), 5],
  ['a failure that was done', swap(15, 16, 5, 6, 'failed'), 6],
  ['an unavailability that was done', swap(15, 16, 5, 6, 'unavailable'), 6],
  ['a failure without reason', swap(15, 16, 5, 6, 'failed'), 5],
  ['a value that never was', read(15, 16, 9), 5],
  ['the value of an unknown swap that was not done', read(15, 16, 4), 5],
  ['a stale read', read(15, 16, 3), 5],
  ['a read before its value', read(0, 0.5, 9), 5],
  ['an end that nothing leads to', read(15, 16, 5), 7],
]
for (const [what, event, last] of FAULTY) {
  test(`the swap checker detects: ${what}`, () =>
    assert.ok(faultsOf([...FINE, event], 0, last).length > 0))
}

test.run()
