import * as assert from 'uvu/assert'
import { serverOf } from '../../../src/cache/memcached/rendezvous.ts'
import { test } from '../../support/suite.ts'

const NAMES = ['a:11211', 'b:11211', 'c:11211', 'd:11211']
const KEYS = Array.from({ length: 4_000 }, (_, n) => `key-${n}`)
const everyServer = () => true

test('a key has its server, and every server its share', () => {
  const counts = [0, 0, 0, 0]
  for (const key of KEYS) {
    const server = serverOf(key, NAMES, everyServer) ?? -1
    counts[server] = (counts[server] ?? 0) + 1
  }
  for (const count of counts) assert.ok(count > 850 && count < 1_150, String(counts))
})

test('a key has its server whatever the order of the list', () => {
  const reversed = NAMES.toReversed()
  for (const key of KEYS) {
    const one = NAMES[serverOf(key, NAMES, everyServer) ?? -1]
    assert.is(reversed[serverOf(key, reversed, everyServer) ?? -1], one)
  }
})

test('when a server is set aside, only its keys move, and not all to one', () => {
  const heirs = new Set<number | undefined>()
  for (const key of KEYS) {
    const before = serverOf(key, NAMES, everyServer)
    const after = serverOf(key, NAMES, (server) => server !== 1)
    if (before === 1) heirs.add(after)
    else assert.is(after, before)
  }
  assert.equal([...heirs].sort(), [0, 2, 3])
})

test('no available server, or none at all, is no server', () => {
  const none = serverOf('a', NAMES, () => false)
  assert.is(none, undefined)
  assert.is(serverOf('a', [], everyServer), undefined)
})

test.run()
