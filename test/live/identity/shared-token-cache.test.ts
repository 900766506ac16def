import * as assert from 'uvu/assert'
import {
  entryFormats,
  type SecurityStrategy,
} from '../../../src/identity/keystone/tokens/entry-format.ts'
import { SharedTokenCache } from '../../../src/identity/keystone/tokens/shared-token-cache.ts'
import { parseTokenBody } from '../../../src/identity/keystone/tokens/token-body.ts'
import { optionsFor, tokenBody } from '../../identity/keystone/fake-keystone.ts'
import { ManualClock } from '../../identity/keystone/manual-clock.ts'
import { RecordedLog } from '../../identity/keystone/recorded-log.ts'
import { runPython } from '../../support/program.ts'
import { suite } from '../../support/suite.ts'
import { MemcachedServer } from '../memcached-server.ts'

/** Checks with keystonemiddleware's own code that entries are compatible with it. */

const SECRET = 'a sécret'
const TOKEN = 'gAAAAABtoken-of-a-user'
const TEXT = JSON.stringify(tokenBody({ user: { id: 'u1', name: 'änn', domain: { id: 'd' } } }))

let server: MemcachedServer
let log: RecordedLog

function open(securityStrategy: SecurityStrategy, secretKey = SECRET): SharedTokenCache {
  log = new RecordedLog()
  const options = {
    ...{ ...optionsFor({ url: '' }), memcached_servers: [server.address] },
    ...{ memcache_security_strategy: securityStrategy, memcache_secret_key: secretKey },
  }
  return new SharedTokenCache(options, { seconds: 270, clock: new ManualClock(Date.now()), log })
}

async function python(task: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const whole = { servers: [server.address], secret: SECRET, ...task }
  return JSON.parse(await runPython('token_cache.py', [], whole))
}

function validation(text = TEXT) {
  const body = parseTokenBody(text)
  if (body === undefined) throw new Error('no token')
  return { body, text }
}

for (const strategy of ['None', 'MAC', 'ENCRYPT'] as const) {
  const test = suite(`shared token cache, ${strategy}`)
  let cache: SharedTokenCache

  test.before(async () => {
    server = await MemcachedServer.start()
  })

  test.before.each(async () => {
    await server.tell('flush_all', 'OK')
    cache = open(strategy)
  })

  test.after.each(() => cache.close())
  test.after(() => server.stop())

  test('keystonemiddleware reads our memcached entries', async () => {
    await cache.set(TOKEN, validation())
    const found = await python({ strategy, get: [TOKEN, 'another'] })
    assert.equal(found, { [TOKEN]: JSON.parse(TEXT), another: null })
  })

  test("keystonemiddleware's memcached entries are read here", async () => {
    await python({ strategy, set: { [TOKEN]: JSON.parse(TEXT) } })
    assert.equal(await cache.get(TOKEN), validation().body)
    assert.is(await cache.get('another'), undefined)
  })

  test('another strategy or secret finds no entry', async () => {
    await cache.set(TOKEN, validation())
    for (const other of ['None', 'MAC', 'ENCRYPT'] as const) {
      const stranger = open(other, 'another secret')
      if (other !== strategy || strategy !== 'None') {
        assert.is(await stranger.get(TOKEN), undefined)
      }
      stranger.close()
    }
  })

  test('an expired token is not found, and one with access rules is not shared', async () => {
    const expired = JSON.stringify(tokenBody({ expires_at: '2026-01-01T00:00:01Z' }))
    await cache.set(TOKEN, validation(expired))
    assert.is(await cache.get(TOKEN), undefined)
    const application_credential = { id: 'a', access_rules: [] }
    await cache.set('rules', validation(JSON.stringify(tokenBody({ application_credential }))))
    assert.is(await server.statistic('curr_items'), 1)
  })

  test('an entry that is no token is not used', async () => {
    const format = entryFormats(strategy, SECRET)(TOKEN)
    for (const text of ['', '[]', '{"token":{}}', 'x', '[{"token":1},2]']) {
      await cache.pool.set(format.key, format.encode(text), 300)
      assert.is(await cache.get(TOKEN), undefined)
    }
  })

  if (strategy !== 'None') {
    test('an entry with any flipped bit is not used', async () => {
      const format = entryFormats(strategy, SECRET)(TOKEN)
      const value = Buffer.from(format.encode(TEXT))
      for (let bit = 0; bit < value.length * 8; bit += 41) {
        const flipped = Buffer.from(value)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        await cache.pool.set(format.key, flipped.toString('latin1'), 300)
        assert.is(await cache.get(TOKEN), undefined, `bit ${bit}`)
      }
      for (const cut of [0, 1, 63, 64, 65, value.length - 1]) {
        await cache.pool.set(format.key, value.subarray(0, cut).toString(), 300)
        assert.is(await cache.get(TOKEN), undefined, `${cut} bytes`)
      }
      await cache.pool.set(format.key, value.toString(), 300)
      assert.is((await cache.get(TOKEN))?.identity?.userId, 'u1')
    })
  }

  test.run()
}
