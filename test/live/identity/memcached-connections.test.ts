import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import * as assert from 'uvu/assert'
import type { TlsOptions } from '../../../src/identity/keystone/tls-files.ts'
import { SharedTokenCache } from '../../../src/identity/keystone/tokens/shared-token-cache.ts'
import { optionsFor } from '../../identity/keystone/fake-keystone.ts'
import { ManualClock } from '../../identity/keystone/manual-clock.ts'
import { RecordedLog } from '../../identity/keystone/recorded-log.ts'
import { pythonFromEnv } from '../../stack/environment.ts'
import { runCommand } from '../../stack/processes.ts'
import { sourceFile } from '../../stack/project.ts'
import { suite } from '../../support/suite.ts'
import { MemcachedServer } from '../memcached-server.ts'

/** Connections to a real memcached: by IPv6, a Unix socket and TLS. */

const KEYS = 50

const test = suite('connections to memcached')
const folder = mkdtempSync(join(tmpdir(), 'magnetodb-connections-'))
const file = (name: string) => join(folder, name)
let server: MemcachedServer
let log: RecordedLog
const sockets = new Set<Socket>()
const fronts: Server[] = []
/** The plain text that the TLS front has received. */
let received = ''

test.before(async () => {
  const script = sourceFile('test/live/make-certificates.py')
  const { signal } = new AbortController()
  const how = { cwd: folder, signal, limitMs: 60_000 }
  await runCommand(pythonFromEnv(), [script, folder], how)
  server = await MemcachedServer.start()
})

test.before.each(async () => {
  received = ''
  await server.tell('flush_all', 'OK')
})

test.after.each(async () => {
  for (const socket of sockets) socket.destroy()
  for (const front of fronts.splice(0)) {
    front.close()
    await once(front, 'close')
  }
})

test.after(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

function pass(socket: Socket): void {
  const upstream = connect(server.port, '127.0.0.1')
  for (const end of [socket, upstream]) {
    sockets.add(end)
    end.on('error', () => end.destroy())
    end.on('close', () => upstream.destroy())
  }
  socket.on('data', (chunk) => {
    received += String(chunk)
  })
  socket.pipe(upstream).pipe(socket)
}

async function front(
  made: Server,
  target: { path: string } | { host: string; port: 0 },
): Promise<number> {
  fronts.push(made)
  made.on('tlsClientError', () => undefined)
  made.listen(target)
  await once(made, 'listening')
  const address = made.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Writes through one cache and reads through another. @returns the number of entries found */
async function found(address: string, tls?: TlsOptions): Promise<number> {
  log = new RecordedLog()
  const options = {
    ...{ ...optionsFor({ url: '' }), memcached_servers: [address] },
    ...({ memcache_security_strategy: 'MAC', memcache_secret_key: 's' } as const),
    ...{ memcache_pool_maxsize: 3, memcache_pool_socket_timeout: 5 },
    ...(tls && {
      memcache_tls_enabled: true,
      memcache_tls_cafile: tls.cafile,
      memcache_tls_certfile: tls.certfile,
      memcache_tls_keyfile: tls.keyfile,
      memcache_tls_allowed_ciphers: tls.ciphers,
    }),
  }
  const keys = Array.from({ length: KEYS }, (_, n) => `tokens/key-${n}`)
  const open = () =>
    new SharedTokenCache(options, { seconds: 60, clock: new ManualClock(Date.now()), log })
  const caches = [open(), open()]
  try {
    const [writer, reader] = caches.map((cache) => cache.pool)
    await Promise.all(keys.map((key) => writer?.set(key, `value of ${key}`, 60)))
    const values = await Promise.all(keys.map((key) => reader?.get(key)))
    return values.filter((value, n) => value === `value of ${keys[n]}`).length
  } finally {
    for (const cache of caches) cache.close()
  }
}

async function foundWithTls(
  certificate: string,
  client: TlsOptions,
  options: tls.TlsOptions = {},
): Promise<number> {
  const cert = readFileSync(file(`${certificate}.pem`))
  const key = readFileSync(file(`${certificate}.key`))
  const port = await front(tls.createServer({ cert, key, ...options }, pass), {
    host: '127.0.0.1',
    port: 0,
  })
  return found(`127.0.0.1:${port}`, client)
}

test('memcached works over a Unix socket', async () => {
  const path = file('memcached.sock')
  await front(createServer(pass), { path })
  assert.is(await found(`unix:${path}`), KEYS)
  assert.is(await found(`unix:${path}-not`), 0)
})

test('memcached works over IPv6, if the machine has it', async () => {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  if (!addresses.some(({ address }) => address === '::1')) return
  const port = await front(createServer(pass), { host: '::1', port: 0 })
  assert.is(await found(`[::1]:${port}`), KEYS)
})

test('memcached works over TLS with a valid certificate', async () => {
  assert.is(await foundWithTls('server', { cafile: file('authority.pem') }), KEYS)
  assert.equal(log.lines, [])
})

test('nothing is sent to a memcached with an invalid certificate', async () => {
  const cafile = file('authority.pem')
  for (const [certificate, client] of [
    ['server', {}],
    ['server', { cafile: file('stranger.pem') }],
    ['misnamed', { cafile }],
    ['expired', { cafile }],
  ] as const) {
    assert.is(await foundWithTls(certificate, client), 0, certificate)
    assert.is(received, '', certificate)
    const messages = new Set(log.lines.map(({ message }) => message))
    assert.equal([...messages], ['memcached is unreachable'])
  }
})

test('a memcached that requests our certificate gets it', async () => {
  const cafile = file('authority.pem')
  const options = { requestCert: true, rejectUnauthorized: true, ca: readFileSync(cafile) }
  const ours = { cafile, certfile: file('client.pem'), keyfile: file('client.key') }
  assert.is(await foundWithTls('server', ours, options), KEYS)
  assert.is(await foundWithTls('server', { cafile }, options), 0)
})

test('memcached over TLS uses only allowed ciphers', async () => {
  const cafile = file('authority.pem')
  const options = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } as const
  const with128 = { cafile, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }
  const with256 = { cafile, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }
  assert.is(await foundWithTls('server', with128, options), KEYS)
  assert.is(await foundWithTls('server', with256, options), 0)
})

test('a memcached without TLS counts as down', async () => {
  const port = await front(createServer(pass), { host: '127.0.0.1', port: 0 })
  assert.is(await found(`127.0.0.1:${port}`, { cafile: file('authority.pem') }), 0)
})

test.run()
