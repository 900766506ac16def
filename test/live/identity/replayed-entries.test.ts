import * as assert from 'uvu/assert'
import { UnauthorizedError } from '../../../src/identity/errors.ts'
import { CallLimits } from '../../../src/identity/keystone/call-limits.ts'
import { HttpClient } from '../../../src/identity/keystone/http-client.ts'
import { KeystoneCalls } from '../../../src/identity/keystone/keystone-calls.ts'
import { OutageLog } from '../../../src/identity/keystone/log.ts'
import { ServiceToken } from '../../../src/identity/keystone/login/service-token.ts'
import { RevocationPoller } from '../../../src/identity/keystone/revocation/poller.ts'
import type { SecurityStrategy } from '../../../src/identity/keystone/tokens/entry-format.ts'
import { SharedTokenCache } from '../../../src/identity/keystone/tokens/shared-token-cache.ts'
import { TokenVerifier } from '../../../src/identity/keystone/tokens/token-verifier.ts'
import {
  answer,
  FakeKeystone,
  optionsFor,
  tokenBody,
} from '../../identity/keystone/fake-keystone.ts'
import { ManualClock } from '../../identity/keystone/manual-clock.ts'
import { RecordedLog } from '../../identity/keystone/recorded-log.ts'
import { suite } from '../../support/suite.ts'
import { MemcachedServer } from '../memcached-server.ts'

/** An attacker copies entries of memcached, and stores them again later. */

const TOKEN = 'a-token'
const HOUR_MS = 3_600_000
const test = suite('replayed entries of memcached')
const use = { addressOf: () => '10.0.0.1', allowExpired: false }
let memcached: MemcachedServer
let keystone: FakeKeystone
let clock: ManualClock
let events: { readonly revoked_at: string }[]
let processes: Process[]

test.before(async () => {
  memcached = await MemcachedServer.start()
})

test.after(() => memcached.stop())

test.before.each(async () => {
  await memcached.tell('flush_all', 'OK')
  keystone = await FakeKeystone.start()
  clock = new ManualClock(Date.now())
  events = []
  processes = []
  const issued_at = new Date(clock.wallMs() - 1_000).toISOString()
  const valid = tokenBody({ audit_ids: ['own'], issued_at })
  keystone.validation = (_request, response) => answer(response, 200, valid)
  keystone.revocations = ({ url = '' }, response) => {
    const since = new URL(url, keystone.url).searchParams.get('since') ?? ''
    answer(response, 200, { events: events.filter(({ revoked_at }) => revoked_at >= since) })
  }
})

test.after.each(async () => {
  for (const process of processes) process.close()
  await keystone.stop()
})

/** The token verification of one process of the service. */
class Process {
  readonly shared: SharedTokenCache
  readonly poller: RevocationPoller
  readonly verifier: TokenVerifier
  readonly #http = new HttpClient({ retriesMax: 0 })

  constructor(cacheTimeMs: number, securityStrategy: SecurityStrategy) {
    const log = new RecordedLog()
    const options = optionsFor(keystone)
    const serviceToken = new ServiceToken({ http: this.#http, options, clock, log })
    const parts = { http: this.#http, serviceToken, clock, log, cacheTimeMs }
    const cache = {
      ...{ ...options, memcached_servers: [memcached.address] },
      ...{ memcache_security_strategy: securityStrategy, memcache_secret_key: 'a secret' },
      ...{ memcache_pool_maxsize: 1, memcache_pool_socket_timeout: 30 },
    }
    this.shared = new SharedTokenCache(cache, { seconds: 60, clock, log })
    this.poller = new RevocationPoller({
      ...{ ...parts, isShared: true, requestTimeoutMs: 30_000 },
      onRevoked: (list) => this.verifier.revoke(list),
    })
    const limits = new CallLimits(1, () => clock.monotonicMs())
    const outages = new OutageLog(log, () => clock.monotonicMs())
    this.verifier = new TokenVerifier({
      ...{ ...parts, requestTimeoutMs: 30_000, jws: undefined },
      ...{ sharedCacheTimeMs: cacheTimeMs / 10, shared: this.shared, revocations: this.poller },
      ...{ limits, calls: new KeystoneCalls(limits, outages) },
    })
    processes.push(this)
  }

  /** Verifies the token. Returns the number of calls to Keystone about it. */
  async asks(): Promise<number> {
    const before = keystone.validations
    await this.verifier.verify(TOKEN, use)
    return keystone.validations - before
  }

  get(): Promise<string | undefined> {
    return this.shared.pool.get(this.shared.keyOf(TOKEN))
  }

  put(value: string): Promise<void> {
    return this.shared.pool.set(this.shared.keyOf(TOKEN), value, 300)
  }

  close(): void {
    this.poller.close()
    this.shared.close()
    this.#http.close()
  }
}

async function started(cacheTimeMs = 30_000, strategy: SecurityStrategy = 'ENCRYPT') {
  const process = new Process(cacheTimeMs, strategy)
  await process.poller.poll()
  return process
}

/** The token's entry in memcached after it was verified. */
async function copied(process: Process): Promise<string> {
  assert.is(await process.asks(), 1)
  const value = await process.get()
  assert.ok(value)
  return value
}

const revoke = () => {
  const now = new Date(clock.wallMs()).toISOString()
  events.push({ ...{ audit_id: 'own', issued_before: now }, revoked_at: now })
  keystone.validation = (_request, response) => answer(response, 404, {})
}

async function isRefused(process: Process): Promise<boolean> {
  const outcome = await Promise.resolve(process.verifier.verify(TOKEN, use)).catch((error) => error)
  return outcome instanceof UnauthorizedError
}

for (const strategy of ['None', 'MAC', 'ENCRYPT'] as const) {
  test(`a replayed entry of a revoked token is refused hours later, ${strategy}`, async () => {
    const old = await started(30_000, strategy)
    const copy = await copied(old)
    revoke()
    clock.advance(10_000)
    await old.poller.poll()
    assert.ok(await isRefused(old))
    assert.is(await old.get(), undefined, 'it is deleted there')

    for (let hour = 0; hour < 5; hour++) {
      clock.advance(HOUR_MS)
      await old.poller.poll()
      const fresh = await started(30_000, strategy)
      for (const process of [old, fresh]) {
        await process.put(copy)
        assert.ok(await isRefused(process), `hour ${hour}`)
      }
    }
  })
}

test('a memcached entry is used only while Keystone answers with events', async () => {
  await copied(await started())
  const other = await started()
  assert.is(await other.asks(), 0, 'it is what memcached is for')
  keystone.revocations = (_request, response) => answer(response, 403, {})
  clock.advance(30_000)
  await other.poller.poll()
  assert.is(await other.asks(), 0, 'not yet older than a token may be remembered')
  clock.advance(3_001)
  assert.is(await other.asks(), 1)
  assert.is(await new Process(30_000, 'ENCRYPT').asks(), 1, 'nor before the first answer')
})

test('after too many revocations all older tokens are validated again', async () => {
  await copied(await started())
  keystone.revocations = (_request, response) => answer(response, 200, 'x'.repeat(2_100_000))
  const other = await started()
  keystone.revocations = (_request, response) => answer(response, 200, { events: [] })
  await other.poller.poll()
  assert.is(await other.asks(), 1)
})

test.run()
