import * as assert from 'uvu/assert'
import { GenerationalCache } from '../../src/cache/generational-cache.ts'
import { seeded } from '../seeded.ts'
import { test } from '../support/suite.ts'

test('the cache never exceeds its weight, and entries in use stay', () => {
  const random = seeded('generational cache')
  const cache = new GenerationalCache<number>(1_000)
  const weightOfAll = () => {
    let weight = 0
    cache.deleteWhere((own) => {
      weight += own
      return false
    })
    return weight
  }
  cache.set('used', 10, 10)
  for (let n = 0; n < 5_000; n++) {
    const weight = 1 + random.below(100)
    cache.set(`key ${random.below(200)}`, weight, weight)
    if (n % 4 === 0) cache.delete(`key ${random.below(200)}`)
    cache.get(`key ${random.below(200)}`)
    assert.is(cache.get('used'), 10, String(n))
    if (n % 50 === 0) assert.ok(weightOfAll() <= 1_000)
  }
  assert.ok(weightOfAll() >= 300)
  cache.deleteWhere((weight) => weight !== 10)
  assert.is(cache.get('used'), 10)
  cache.clear()
  assert.is(cache.size, 0)
})

test('setting a value again counts its new weight', () => {
  const cache = new GenerationalCache<string>(100)
  for (let n = 0; n < 1_000; n++) cache.set('a', String(n), 40)
  cache.set('b', 'B', 10)
  assert.is(cache.get('a'), '999')
  assert.is(cache.get('b'), 'B')
  assert.is(cache.size, 2)
})

test('an entry heavier than the whole cache is kept alone', () => {
  const cache = new GenerationalCache<string>(100)
  cache.set('small', 'S', 1)
  cache.set('large', 'L', 1_000)
  assert.is(cache.get('large'), 'L')
  cache.set('small', 'S', 1)
  cache.set('other', 'O', 60)
  assert.is(cache.get('large'), undefined)
})

test.run()
