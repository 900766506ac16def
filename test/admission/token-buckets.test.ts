import * as assert from 'uvu/assert'
import { TokenBuckets } from '../../src/admission/token-buckets.ts'
import { test } from '../support/suite.ts'

test('a bucket of 50 grants 50 requests, then five per second', () => {
  let now = 0
  const buckets = new TokenBuckets(50, 5, () => now)
  for (let n = 0; n < 50; n++) {
    assert.is(buckets.leftOf('a'), 50 - n)
    buckets.take('a')
  }
  assert.is(buckets.leftOf('a'), 0)
  assert.is(buckets.leftOf('b'), 50)
  now += 199
  assert.ok(buckets.leftOf('a') < 1)
  now += 1
  assert.is(buckets.leftOf('a'), 1)
  now += 3_600_000
  assert.is(buckets.leftOf('a'), 50, 'it never holds more than fifty')
})

test('the 10,000 most recently used buckets are kept', () => {
  const buckets = new TokenBuckets(50, 5, () => 0)
  for (let n = 0; n < 50; n++) buckets.take('first')
  for (let n = 0; n < 9_999; n++) buckets.take(`key-${n}`)
  buckets.take('first')
  for (let n = 0; n < 9_999; n++) buckets.take(`other-${n}`)
  assert.is(buckets.size, 10_000)
  assert.is(buckets.leftOf('first'), 0)
  buckets.take('one more')
  assert.is(buckets.leftOf('first'), 50)
})

test.run()
