import * as assert from 'uvu/assert'
import { FailureBuckets } from '../../../../src/identity/keystone/tokens/failure-buckets.ts'
import { test } from '../../../support/suite.ts'
import { ManualClock } from '../manual-clock.ts'

test("50 failures empty an address's bucket; it refills at 5 per second", () => {
  const clock = new ManualClock()
  const buckets = new FailureBuckets(clock)
  for (let n = 0; n < 50; n++) {
    assert.not.ok(buckets.isEmpty('a'))
    buckets.take('a')
  }
  assert.ok(buckets.isEmpty('a'))
  assert.not.ok(buckets.isEmpty('b'))
  clock.advance(199)
  assert.ok(buckets.isEmpty('a'))
  clock.advance(1)
  assert.not.ok(buckets.isEmpty('a'))
  clock.advance(3_600_000)
  for (let n = 0; n < 50; n++) buckets.take('a')
  assert.ok(buckets.isEmpty('a'), 'it never holds more than fifty')
})

test('the 10,000 addresses that failed last are kept', () => {
  const buckets = new FailureBuckets(new ManualClock())
  for (let n = 0; n < 50; n++) buckets.take('first')
  for (let n = 0; n < 9_999; n++) buckets.take(`address-${n}`)
  buckets.take('first')
  for (let n = 0; n < 9_999; n++) buckets.take(`other-${n}`)
  assert.is(buckets.size, 10_000)
  assert.ok(buckets.isEmpty('first'))
  buckets.take('one more')
  assert.not.ok(buckets.isEmpty('first'))
})

test.run()
