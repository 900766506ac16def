import * as assert from 'uvu/assert'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { RateLimits } from '../../src/quota/rate-limits.ts'
import { test } from '../support/suite.ts'

function taken(limits: RateLimits, projectId: string, access: 'read' | 'write', times: number) {
  let granted = 0
  let retryAfterSeconds = 0
  for (let i = 0; i < times; i++) {
    try {
      limits.take(projectId, access)
      granted++
    } catch (error) {
      const { reason } = error as MagnetoDBError
      assert.instance(error, MagnetoDBError)
      assert.is(reason.is, 'rate_exceeded')
      if (reason.is === 'rate_exceeded') ({ retryAfterSeconds } = reason)
    }
  }
  return { granted, retryAfterSeconds }
}

test('without a rate limit every request is granted', () => {
  assert.is(taken(new RateLimits(), 'p', 'write', 10_000).granted, 10_000)
})

test('each project has its own rates for reads and for writes', () => {
  let now = 0
  const limits = new RateLimits({ read: 10, write: 4 }, () => now)
  assert.equal(taken(limits, 'p', 'read', 15), { granted: 10, retryAfterSeconds: 1 })
  assert.is(taken(limits, 'p', 'write', 15).granted, 4)
  assert.is(taken(limits, 'q', 'read', 15).granted, 10)
  now += 500
  assert.is(taken(limits, 'p', 'read', 15).granted, 5)
  now += 60_000
  assert.is(taken(limits, 'p', 'read', 15).granted, 10)
})

test('a rate below one per second reports how long to wait', () => {
  let now = 0
  const limits = new RateLimits({ read: 0.1, write: 0 }, () => now)
  assert.equal(taken(limits, 'p', 'read', 2), { granted: 1, retryAfterSeconds: 10 })
  now += 10_000
  assert.is(taken(limits, 'p', 'read', 2).granted, 1)
})

test.run()
