import * as assert from 'uvu/assert'
import { TokenCache, tokenKey } from '../../../../src/identity/keystone/tokens/token-cache.ts'
import { test } from '../../../support/suite.ts'
import { ManualClock } from '../manual-clock.ts'

function cacheOf(entriesMax: number, cacheTimeMs: number) {
  const clock = new ManualClock()
  return { clock, cache: new TokenCache<string>({ clock, entriesMax, cacheTimeMs }) }
}

test('a cached token is found until token_cache_time ends', () => {
  const { clock, cache } = cacheOf(10, 1_000)
  cache.set('a', 'A', Number.POSITIVE_INFINITY)
  clock.advance(999)
  assert.is(cache.get('a'), 'A')
  clock.advance(1)
  assert.is(cache.get('a'), undefined)
})

test('a hit does not extend the caching time', () => {
  const { clock, cache } = cacheOf(10, 1_000)
  cache.set('a', 'A', Number.POSITIVE_INFINITY)
  for (let step = 0; step < 4; step++) {
    clock.advance(240)
    assert.is(cache.get('a'), 'A')
  }
  clock.advance(40)
  assert.is(cache.get('a'), undefined)
})

test("each hit checks the token's own expiry on the wall clock", () => {
  const { clock, cache } = cacheOf(10, 1_000_000)
  cache.set('a', 'A', clock.wallMs() + 500)
  assert.is(cache.get('a'), 'A')
  clock.jumpWall(500)
  assert.is(cache.get('a'), undefined)
})

test('setting the wall clock back does not extend the caching time', () => {
  const { clock, cache } = cacheOf(10, 1_000)
  cache.set('a', 'A', Number.POSITIVE_INFINITY)
  clock.jumpWall(-3_600_000)
  clock.advance(1_000)
  assert.is(cache.get('a'), undefined)
})

test('tokens in use stay cached while many others arrive', () => {
  const { cache } = cacheOf(100, 1_000)
  cache.set('used', 'U', Number.POSITIVE_INFINITY)
  cache.set('forgotten', 'F', Number.POSITIVE_INFINITY)
  for (let n = 0; n < 1_000; n++) {
    cache.set(`key ${n}`, 'x', Number.POSITIVE_INFINITY)
    if (n % 49 === 0) assert.is(cache.get('used'), 'U', String(n))
  }
  assert.is(cache.get('forgotten'), undefined)
})

test('the cache never has more entries than allowed', () => {
  const { cache } = cacheOf(100, 1_000)
  for (let n = 0; n < 1_000; n++) {
    cache.set(`key ${n}`, 'x', Number.POSITIVE_INFINITY)
    cache.get(`key ${n - 60}`)
    assert.ok(cache.size <= 100)
  }
  assert.ok(cache.size >= 50)
  assert.is(cache.get('key 999'), 'x')
})

test('of entries with one audit id only the newest is kept', () => {
  const clock = new ManualClock()
  const idOf = (value: string) => (value === 'none' ? undefined : value)
  const cache = new TokenCache<string>({ clock, entriesMax: 100, cacheTimeMs: 1_000, idOf })
  for (let n = 0; n < 1_000; n++) {
    cache.set(`spelling ${n}`, 'one', Number.POSITIVE_INFINITY)
    cache.set(`other ${n % 20}`, `id ${n % 20}`, Number.POSITIVE_INFINITY)
    cache.set(`without id ${n % 20}`, 'none', Number.POSITIVE_INFINITY)
  }
  assert.is(cache.size, 41)
  assert.is(cache.get('spelling 998'), undefined)
  assert.is(cache.get('spelling 999'), 'one')
  for (let n = 0; n < 20; n++) assert.is(cache.get(`other ${n}`), `id ${n}`)
  for (let n = 0; n < 10_000; n++) cache.set(`new ${n}`, `new id ${n}`, Number.POSITIVE_INFINITY)
  cache.set('another spelling', 'new id 9999', Number.POSITIVE_INFINITY)
  assert.is(cache.get('new 9999'), undefined)
})

test('with token_cache_time -1 nothing is cached', () => {
  const { cache } = cacheOf(10, -1_000)
  cache.set('a', 'A', Number.POSITIVE_INFINITY)
  assert.is(cache.get('a'), undefined)
  assert.is(cache.size, 0)
})

test('a cache key is the SHA-256 of the token and does not show it', () => {
  assert.is(tokenKey('abc'), 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=')
  assert.is.not(tokenKey('abc'), tokenKey('abC'))
})

test.run()
