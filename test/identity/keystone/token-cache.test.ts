import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { TokenCache, tokenKey } from '../../../src/identity/keystone/token-cache.ts'
import { ManualClock } from './manual-clock.ts'

function cacheOf(entriesMax: number, cacheTimeMs: number) {
  const clock = new ManualClock()
  return { clock, cache: new TokenCache<string>({ clock, entriesMax, cacheTimeMs }) }
}

test('what was kept is found until the caching time ends', () => {
  const { clock, cache } = cacheOf(10, 1_000)
  cache.set('a', 'A', Number.POSITIVE_INFINITY)
  clock.advance(999)
  assert.is(cache.get('a'), 'A')
  clock.advance(1)
  assert.is(cache.get('a'), undefined)
  assert.is(cache.size, 0)
})

test('a hit does not make the caching time longer', () => {
  const { clock, cache } = cacheOf(10, 1_000)
  cache.set('a', 'A', Number.POSITIVE_INFINITY)
  for (let step = 0; step < 4; step++) {
    clock.advance(240)
    assert.is(cache.get('a'), 'A')
  }
  clock.advance(40)
  assert.is(cache.get('a'), undefined)
})

test('the end of the value itself is checked at each hit, by the wall clock', () => {
  const { clock, cache } = cacheOf(10, 1_000_000)
  cache.set('a', 'A', clock.wallMs() + 500)
  assert.is(cache.get('a'), 'A')
  clock.jumpWall(500)
  assert.is(cache.get('a'), undefined)
})

test('setting the wall clock back does not make the caching time longer', () => {
  const { clock, cache } = cacheOf(10, 1_000)
  cache.set('a', 'A', Number.POSITIVE_INFINITY)
  clock.jumpWall(-3_600_000)
  clock.advance(1_000)
  assert.is(cache.get('a'), undefined)
})

test('the entry that was not used for longest makes room', () => {
  const { cache } = cacheOf(3, 1_000)
  for (const key of ['a', 'b', 'c']) cache.set(key, key, Number.POSITIVE_INFINITY)
  cache.get('a')
  cache.set('d', 'd', Number.POSITIVE_INFINITY)
  assert.is(cache.get('b'), undefined)
  for (const key of ['a', 'c', 'd']) assert.is(cache.get(key), key)
})

test('never more entries than allowed', () => {
  const { cache } = cacheOf(100, 1_000)
  for (let n = 0; n < 1_000; n++) cache.set(`key ${n}`, 'x', Number.POSITIVE_INFINITY)
  assert.is(cache.size, 100)
  cache.set('key 999', 'again', Number.POSITIVE_INFINITY)
  assert.is(cache.size, 100)
})

test('with -1 nothing is kept', () => {
  const { cache } = cacheOf(10, -1_000)
  cache.set('a', 'A', Number.POSITIVE_INFINITY)
  assert.is(cache.get('a'), undefined)
  assert.is(cache.size, 0)
})

test('the key is the SHA-256 of the exact bytes, and shows no token', () => {
  assert.is(tokenKey('abc'), 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=')
  assert.is.not(tokenKey('abc'), tokenKey('abC'))
})

test.run()
