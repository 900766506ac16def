import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { HttpClient, HttpError } from '../../../src/identity/keystone/http-client.ts'
import type { TlsOptions } from '../../../src/identity/keystone/tls-files.ts'
import { pythonFromEnv } from '../../stack/environment.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { sourceFile } from '../../stack/project.ts'
import { suite } from '../../support/suite.ts'

const test = suite('keystone over TLS, live')
let folder: string
const file = (name: string) => join(folder, name)

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'magnetodb-tls-'))
  const script = sourceFile('test/live/make-certificates.py')
  await promisify(execFile)(pythonFromEnv(), [script, folder])
})

test.after(async () => {
  await rm(folder, { recursive: true })
})

/** Requests the real Keystone's version through a TLS server with this certificate. */
async function ask(
  certificate: string,
  client: TlsOptions,
  server: tls.TlsOptions = {},
): Promise<number | HttpError> {
  const keystone = new URL(keystoneFromEnv().url)
  const sockets = new Set<net.Socket>()
  const terminator = tls.createServer(
    {
      cert: readFileSync(file(`${certificate}.pem`)),
      key: readFileSync(file(`${certificate}.key`)),
      ...server,
    },
    (socket) => {
      const upstream = net.connect(Number(keystone.port), keystone.hostname)
      for (const end of [socket, upstream]) {
        sockets.add(end)
        end.on('error', () => end.destroy())
      }
      socket.pipe(upstream).pipe(socket)
    },
  )
  terminator.listen(0, '127.0.0.1')
  await once(terminator, 'listening')
  const address = terminator.address()
  const port = typeof address === 'object' ? address?.port : 0
  const http = new HttpClient({ retriesMax: 0, tls: client })
  try {
    const url = `https://127.0.0.1:${port}/v3`
    const deadlineMs = performance.now() + 30_000
    return (await http.request({ method: 'GET', url, headers: {}, deadlineMs })).status
  } catch (error) {
    if (error instanceof HttpError) return error
    throw error
  } finally {
    http.close()
    for (const socket of sockets) socket.destroy()
    terminator.close()
    await once(terminator, 'close')
  }
}

test("Keystone's certificate from the configured authority is accepted", async () => {
  assert.is(await ask('server', { cafile: file('authority.pem') }), 200)
})

test("Keystone's certificate of another authority, name or time is refused", async () => {
  const cafile = file('authority.pem')
  assert.instance(await ask('server', {}), HttpError)
  assert.instance(await ask('server', { cafile: file('stranger.pem') }), HttpError)
  assert.instance(await ask('misnamed', { cafile }), HttpError)
  assert.instance(await ask('expired', { cafile }), HttpError)
})

test('with insecure any certificate of Keystone is accepted', async () => {
  assert.is(await ask('expired', { insecure: true }), 200)
})

test('a Keystone that requests our certificate gets it', async () => {
  const cafile = file('authority.pem')
  const server = { requestCert: true, rejectUnauthorized: true, ca: readFileSync(cafile) }
  const certfile = file('client.pem')
  const keyfile = file('client.key')
  assert.is(await ask('server', { cafile, certfile, keyfile }, server), 200)
  assert.instance(await ask('server', { cafile }, server), HttpError)
})

test('a redirect to TLS is followed, one from TLS to plain HTTP is not', async () => {
  const key = readFileSync(file('server.key'))
  const cert = readFileSync(file('server.pem'))
  const secure = createTlsServer({ key, cert }, (request, response) => {
    const location = `http://127.0.0.1${request.url}`
    response.writeHead(request.url === '/plain' ? 301 : 200, { location }).end()
  })
  const port = await listen(secure)
  const plain = createServer((request, response) => {
    const location = `https://127.0.0.1:${port}${request.url}`
    response.writeHead(301, { location }).end()
  })
  const url = `http://127.0.0.1:${await listen(plain)}`
  const http = new HttpClient({ retriesMax: 0, tls: { cafile: file('authority.pem') } })
  const get = (path: string) => {
    const deadlineMs = performance.now() + 30_000
    return http.request({ method: 'GET', url: `${url}${path}`, headers: {}, deadlineMs })
  }
  try {
    assert.is((await get('/there')).status, 200)
    const error = await get('/plain').catch((reason: unknown) => reason)
    assert.instance(error, HttpError)
    const told = `https://127.0.0.1:${port}/plain redirects to http://127.0.0.1/plain`
    assert.is((error as HttpError).message, told)
  } finally {
    http.close()
    for (const server of [secure, plain]) {
      server.closeAllConnections()
      server.close()
    }
  }
})

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

test.run()
