import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import { KeystoneAuthenticator } from '../../../src/identity/keystone/authenticator.ts'
import { entryFormats } from '../../../src/identity/keystone/tokens/entry-format.ts'
import { CountingProxy } from '../../identity/keystone/counting-proxy.ts'
import { ManualClock } from '../../identity/keystone/manual-clock.ts'
import { RecordedLog } from '../../identity/keystone/recorded-log.ts'
import { stopwatch } from '../../scheduled-time.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { suite } from '../../support/suite.ts'
import { MemcachedServer } from '../memcached-server.ts'
import { authenticatorOptions, CACHE_SECRET, encryptedCache } from './authenticator-options.ts'

/** Two processes' authenticators while memcached is killed, paused, flushed and corrupted. */

/** Much longer than a server needs to answer, even on a busy machine. */
const TIMEOUT_MS = 1_500
const TOKENS = 24
const request = { method: 'GET', path: '/v1' }

const test = suite('memcached outage')
const keystone = keystoneFromEnv()
const formatOf = entryFormats('ENCRYPT', CACHE_SECRET)
let proxy: CountingProxy
let servers: MemcachedServer[]
let processes: KeystoneAuthenticator[]
let tokens: string[]

function authenticator(clock?: ManualClock): KeystoneAuthenticator {
  const options = authenticatorOptions(keystone, {
    auth_url: proxy.url,
    endpoint_override: proxy.url,
    ...encryptedCache(servers, TIMEOUT_MS),
  })
  const log = new RecordedLog()
  return new KeystoneAuthenticator({ options, log, ...(clock && { clock }) })
}

async function opened(clock?: ManualClock): Promise<KeystoneAuthenticator> {
  const process = authenticator(clock)
  await process.open()
  return process
}

/** Uses each token in the first process, then in the second, both without their own caches. */
async function useTokens(): Promise<{ validations: number; slow: number }> {
  const before = proxy.validations
  let slow = 0
  for (const process of processes) {
    for (const token of tokens) {
      // Measures the time of the shared cache alone.
      const watch = stopwatch(...servers.map(({ pid }) => pid))
      await process.shared?.get(token)
      if (watch() >= TIMEOUT_MS / 2) slow++
      const identity = await process.authenticate(token, request)
      assert.is(identity.userId, keystone.data.projects.alpha.users.member.userId)
    }
    // Waits for the write to memcached, which `authenticate` does not.
    await process.shared?.pool.get('none')
  }
  return { validations: proxy.validations - before, slow }
}

async function restartProcesses(): Promise<void> {
  for (const process of processes) process.close()
  processes = [await opened(), await opened()]
}

test.before(async () => {
  tokens = []
  while (tokens.length < TOKENS) {
    tokens.push((await keystone.issueToken(keystone.data.projects.alpha.users.member)).id)
  }
})

test.before.each(async () => {
  proxy = await CountingProxy.start(keystone.url)
  servers = await Promise.all([MemcachedServer.start(), MemcachedServer.start()])
  processes = [await opened(), await opened()]
})

test.after.each(async () => {
  for (const process of processes) process.close()
  await Promise.all(servers.map((server) => server.stop()))
  await proxy.stop()
})

test('a token that one process validated is cached for another', async () => {
  assert.is((await useTokens()).validations, TOKENS)
  await restartProcesses()
  assert.is((await useTokens()).validations, 0)
})

test('memory and memcached together keep a token for token_cache_time', async () => {
  const [token = ''] = tokens
  await processes[0]?.authenticate(token, request)
  await processes[0]?.shared?.pool.get('none')
  const { key } = formatOf(token)
  const told = await Promise.all(servers.map((server) => server.tell(`mg ${key} t`, '')))
  const seconds = Number(/HD t(\d+)/.exec(told.join())?.[1])
  assert.ok(seconds > 260 && seconds <= 270, told.join())

  const clock = new ManualClock(Date.now())
  const second = await opened(clock)
  await second.authenticate(token, request)
  clock.advance(29_999)
  assert.ok(second.known(token, request))
  clock.advance(1)
  assert.is(second.known(token, request), undefined)
  await second.authenticate(token, request)
  second.close()
  assert.is(proxy.validations, 1)
})

test('memcached killed: no request fails or is slow, Keystone is asked', async () => {
  await useTokens()
  await Promise.all(servers.map((server) => server.kill()))
  await restartProcesses()
  assert.equal(await useTokens(), { validations: 2 * TOKENS, slow: 0 })
})

test('one memcached stopped: one slow request per process, none fails', async () => {
  await useTokens()
  await servers[0]?.pause()
  await restartProcesses()
  const { slow } = await useTokens()
  assert.ok(slow <= processes.length, `${slow} were slow`)
})

test('all memcached stopped: one slow request per process and server', async () => {
  await useTokens()
  for (const server of servers) await server.pause()
  await restartProcesses()
  const { validations, slow } = await useTokens()
  assert.is(validations, 2 * TOKENS)
  assert.ok(slow <= processes.length * servers.length, `${slow} were slow`)
})

test('memcached flushed: at most one call per token and process', async () => {
  await useTokens()
  await restartProcesses()
  for (const server of servers) await server.tell('flush_all', 'OK')
  const all = processes.flatMap((process) => tokens.map((token) => ({ process, token })))
  const crowd = [...all, ...all, ...all]
  const before = proxy.validations
  await Promise.all(crowd.map(({ process, token }) => process.authenticate(token, request)))
  const asked = proxy.validations - before
  assert.ok(asked <= TOKENS * processes.length, `${asked} questions`)
})

test('memcached corrupted: no changed value is accepted', async () => {
  await useTokens()
  const pool = processes[0]?.shared?.pool
  assert.ok(pool)
  for (const [index, token] of tokens.entries()) {
    const { key } = formatOf(token)
    const value = await pool.get(key)
    assert.ok(value)
    const other = formatOf(tokens[(index + 1) % TOKENS] ?? '')
    const swapped = (await pool.get(other.key)) ?? ''
    const bytes = Buffer.from(value)
    const at = randomBytes(4).readUInt32BE() % bytes.length
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (index & 7))
    await pool.set(key, index % 3 === 0 ? swapped : bytes.toString('latin1'), 300)
  }
  await restartProcesses()
  assert.is((await useTokens()).validations, TOKENS)
})

test.run()
