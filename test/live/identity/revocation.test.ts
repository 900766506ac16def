import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UnauthorizedError } from '../../../src/identity/errors.ts'
import { KeystoneAuthenticator } from '../../../src/identity/keystone/authenticator.ts'
import { entryFormats } from '../../../src/identity/keystone/tokens/entry-format.ts'
import { RecordedLog } from '../../identity/keystone/recorded-log.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { CredentialMaker } from '../credentials.ts'
import { keystoneSection } from '../keystone-section.ts'
import { MemcachedServer } from '../memcached-server.ts'
import { RunningService } from '../running-service.ts'
import { authenticatorOptions, CACHE_SECRET, encryptedCache } from './authenticator-options.ts'

/** What is revoked at Keystone ends soon in every process and in memcached. */

const REFUSED_WITHIN_MS = 12_000
const PROBE_INTERVAL_MS = 50
/** Over connections of their own, so that every worker gets some. */
const REQUESTS_PER_PROBE = 8

const test = suite('revocation')
const keystone = keystoneFromEnv()
const { alpha } = keystone.data.projects
const maker = new CredentialMaker(keystone)
let memcached: MemcachedServer
let service: RunningService

test.before(async () => {
  memcached = await MemcachedServer.start()
  service = await RunningService.start({
    DEFAULT: { auth_strategy: 'keystone', workers: 3 },
    keystone_authtoken: {
      ...keystoneSection(keystone.data),
      memcached_servers: memcached.address,
      memcache_security_strategy: 'ENCRYPT',
      memcache_secret_key: CACHE_SECRET,
    },
  })
})

test.after(async () => {
  assert.is(await service.stop(), 0)
  await memcached.stop()
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

/** How long it takes until nobody accepts the token, which everybody has accepted before. */
async function lastAcceptedMs(token: string, revoke: () => Promise<void>): Promise<number> {
  for (let n = 0; n < 5; n++) assert.ok((await probe(token)).every((status) => status === 200))
  assert.ok(await isShared(token))
  await revoke()
  const startedAt = performance.now()
  let acceptedAt = startedAt
  while (performance.now() - startedAt < REFUSED_WITHIN_MS) {
    if ((await probe(token)).includes(200)) acceptedAt = performance.now()
    await delay(PROBE_INTERVAL_MS)
  }
  for (let n = 0; n < 5; n++) assert.ok((await probe(token)).every((status) => status === 401))
  assert.not.ok(await isShared(token))
  return acceptedAt - startedAt
}

test('revoked tokens and those of a disabled user end everywhere within 12 s', async () => {
  const revoked = await maker.userToken(alpha.users.member)
  const user = await maker.newUser(alpha.id, ['member'])
  const ofDisabled = await maker.userToken(user)
  const bystander = await maker.userToken(alpha.users.reader)
  assert.is(await statusOf(bystander), 200)
  const tookMs = await Promise.all([
    lastAcceptedMs(revoked, async () => keystone.revokeToken(await keystone.adminToken(), revoked)),
    lastAcceptedMs(ofDisabled, () => keystone.setUserEnabled(user.userId, false)),
  ])
  assert.ok(Math.max(...tookMs) < REFUSED_WITHIN_MS, String(tookMs))
  assert.is(await statusOf(bystander), 200)
})

test('what memcached still has of a revoked token is not believed', async () => {
  const sharedCache = encryptedCache([memcached], 5_000)
  const options = authenticatorOptions(keystone, { sharedCache })
  const token = await maker.userToken(alpha.users.member)
  const { key } = entryFormats('ENCRYPT', CACHE_SECRET)(token)
  const request = { method: 'GET', path: '/v1' }
  const first = new KeystoneAuthenticator({ options, log: new RecordedLog() })
  await first.authenticate(token, request)
  const value = await first.shared?.pool.get(key)
  assert.ok(value)
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
