import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { HashRing } from '../../../src/cache/memcached/hash-ring.ts'

const NAMES = ['a:11211', 'b:11211', 'c:11211', 'd:11211']
const KEYS = Array.from({ length: 4_000 }, (_, n) => `key-${n}`)
const everyNode = () => true

test('a key has its node, and every node its share', () => {
  const ring = new HashRing(NAMES)
  const same = new HashRing(NAMES)
  const counts = [0, 0, 0, 0]
  for (const key of KEYS) {
    const node = ring.nodeOf(key, everyNode) ?? -1
    assert.is(same.nodeOf(key, everyNode), node)
    counts[node] = (counts[node] ?? 0) + 1
  }
  for (const count of counts) assert.ok(count > 700 && count < 1_300, String(counts))
})

test('when a node goes, only its keys move, and not all to one', () => {
  const ring = new HashRing(NAMES)
  const heirs = new Set<number | undefined>()
  for (const key of KEYS) {
    const before = ring.nodeOf(key, everyNode)
    const after = ring.nodeOf(key, (node) => node !== 1)
    if (before === 1) heirs.add(after)
    else assert.is(after, before)
  }
  assert.equal([...heirs].sort(), [0, 2, 3])
})

test('no available node, or none at all, is no node', () => {
  assert.is(
    new HashRing(NAMES).nodeOf('a', () => false),
    undefined,
  )
  assert.is(new HashRing([]).nodeOf('a', everyNode), undefined)
})

test.run()
