import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { UnauthorizedError } from '../../../src/identity/errors.ts'
import { KeystoneAuthenticator } from '../../../src/identity/keystone/authenticator.ts'
import { entryFormats } from '../../../src/identity/keystone/tokens/entry-format.ts'
import { CountingProxy } from '../../identity/keystone/counting-proxy.ts'
import { RecordedLog } from '../../identity/keystone/recorded-log.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'
import { CredentialMaker } from '../credentials.ts'
import { keystoneSection } from '../keystone-section.ts'
import { MemcachedServer } from '../memcached-server.ts'
import { authenticatorOptions, CACHE_SECRET, encryptedCache } from './authenticator-options.ts'

/** A revocation in Keystone soon takes effect in every process and in memcached. */

const WORKERS = 3
/** Lists of revocations that may be requested before all workers know of one. Each worker requests
 * a list every ten seconds. When the last worker does so first, others may have done it twice. */
const LISTS_MAX = 2 * WORKERS
const PROBE_INTERVAL_MS = 50
/** Requests on separate connections, so that every worker gets some. */
const REQUESTS_PER_PROBE = 8

const test = suite('revocation')
const keystone = keystoneFromEnv()
const { alpha } = keystone.data.projects
const maker = new CredentialMaker(keystone)
let memcached: MemcachedServer
let proxy: CountingProxy
let service: Service

test.before(async () => {
  memcached = await MemcachedServer.start()
  proxy = await CountingProxy.start(keystone.url)
  service = await Service.start({
    DEFAULT: { auth_strategy: 'keystone', workers: WORKERS },
    keystone_authtoken: {
      ...keystoneSection(keystone.data),
      endpoint_override: proxy.url,
      memcached_servers: memcached.address,
      memcache_security_strategy: 'ENCRYPT',
      memcache_secret_key: CACHE_SECRET,
    },
  })
})

test.after(async () => {
  assert.is(await service.stop(), 0)
  await memcached.stop()
  await proxy.stop()
})

async function statusOf(token: string): Promise<number> {
  const response = await fetch(`${service.url}/v1/data/${alpha.id}/tables`, {
    headers: { 'X-Auth-Token': token, Connection: 'close' },
  })
  await response.arrayBuffer()
  return response.status
}

const probe = (token: string) =>
  Promise.all(Array.from({ length: REQUESTS_PER_PROBE }, () => statusOf(token)))

async function isShared(token: string): Promise<boolean> {
  const { key } = entryFormats('ENCRYPT', CACHE_SECRET)(token)
  return (await memcached.tell(`get ${key}`, 'END')).includes('VALUE')
}

/** The number of lists of revocations that Keystone had returned when a worker last accepted the
 * token. All workers have accepted it before. More than allowed if it is never refused. */
async function listsUntilRefused(token: string, revoke: () => Promise<void>): Promise<number> {
  for (let n = 0; n < 5; n++) assert.ok((await probe(token)).every((status) => status === 200))
  assert.ok(await isShared(token))
  await revoke()
  const before = proxy.revocationLists
  let lists = 0
  for (let refusals = 0; refusals < 5; ) {
    const asked = proxy.revocationLists - before
    const isAccepted = (await probe(token)).includes(200)
    refusals = isAccepted ? 0 : refusals + 1
    if (isAccepted) lists = asked
    if (lists > LISTS_MAX) return lists
    await delay(PROBE_INTERVAL_MS)
  }
  assert.not.ok(await isShared(token))
  return lists
}

test('revoked tokens, and those of a disabled user, end with the next poll', async () => {
  const revoked = await maker.userToken(alpha.users.member)
  const user = await maker.newUser(alpha.id, ['member'])
  const ofDisabled = await maker.userToken(user)
  const bystander = await maker.userToken(alpha.users.reader)
  assert.is(await statusOf(bystander), 200)
  const lists = await Promise.all([
    listsUntilRefused(revoked, async () =>
      keystone.revokeToken(await keystone.adminToken(), revoked),
    ),
    listsUntilRefused(ofDisabled, () => keystone.setUserEnabled(user.userId, false)),
  ])
  assert.ok(Math.max(...lists) <= LISTS_MAX, String(lists))
  assert.is(await statusOf(bystander), 200)
})

test('a memcached entry of a revoked token is not used', async () => {
  const options = authenticatorOptions(keystone, encryptedCache([memcached], 5_000))
  const token = await maker.userToken(alpha.users.member)
  const { key } = entryFormats('ENCRYPT', CACHE_SECRET)(token)
  const request = { method: 'GET', path: '/v1' }
  const first = new KeystoneAuthenticator({ options, log: new RecordedLog() })
  await first.authenticate(token, request)
  // The entry is written and read over different connections.
  const stored = () => first.shared?.pool.get(key)
  await until('it is in memcached', async () => (await stored()) !== undefined)
  const value = (await stored()) ?? ''
  await keystone.revokeToken(await keystone.adminToken(), token)
  await first.shared?.pool.set(key, value, 300)
  first.close()

  const second = new KeystoneAuthenticator({ options, log: new RecordedLog() })
  await second.open()
  try {
    await second.authenticate(token, request)
    assert.unreachable('accepted')
  } catch (error) {
    assert.instance(error, UnauthorizedError)
  } finally {
    second.close()
  }
})

test.run()
