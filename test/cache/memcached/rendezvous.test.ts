import * as assert from 'uvu/assert'
import { serverOf } from '../../../src/cache/memcached/rendezvous.ts'
import { test } from '../../support/suite.ts'

const NAMES = ['a:11211', 'b:11211', 'c:11211', 'd:11211']
const KEYS = Array.from({ length: 4_000 }, (_, n) => `key-${n}`)
const everyServer = () => true

test('each key has one server, and servers have about equal shares', () => {
  const counts = [0, 0, 0, 0]
  for (const key of KEYS) {
    const server = serverOf(key, NAMES, everyServer) ?? -1
    counts[server] = (counts[server] ?? 0) + 1
  }
  for (const count of counts) assert.ok(count > 850 && count < 1_150, String(counts))
})

test("a key's server does not depend on the order of the list", () => {
  const reversed = NAMES.toReversed()
  for (const key of KEYS) {
    const one = NAMES[serverOf(key, NAMES, everyServer) ?? -1]
    assert.is(reversed[serverOf(key, reversed, everyServer) ?? -1], one)
  }
})

test('if a server is set aside only its keys move, to several others', () => {
  const heirs = new Set<number | undefined>()
  for (const key of KEYS) {
    const before = serverOf(key, NAMES, everyServer)
    const after = serverOf(key, NAMES, (server) => server !== 1)
    if (before === 1) heirs.add(after)
    else assert.is(after, before)
  }
  assert.equal([...heirs].sort(), [0, 2, 3])
})

test('without an available server no server is chosen', () => {
  const none = serverOf('a', NAMES, () => false)
  assert.is(none, undefined)
  assert.is(serverOf('a', [], everyServer), undefined)
})

test.run()
