import { once } from 'node:events'
import net from 'node:net'
import * as assert from 'uvu/assert'
import { HttpClient, HttpError } from '../../../src/identity/keystone/http-client.ts'
import { suite } from '../../support/suite.ts'
import { answer, FakeKeystone } from './fake-keystone.ts'

const test = suite('http-client')
let server: FakeKeystone
let client: HttpClient

test.before.each(async () => {
  server = await FakeKeystone.start()
  client = new HttpClient({ retriesMax: 1 })
})

test.after.each(async () => {
  client.close()
  await server.stop()
})

function get(timeoutMs = 30_000, url = server.url) {
  return client.request({
    method: 'GET',
    url,
    headers: { 'x-auth-token': 'secret' },
    deadlineMs: performance.now() + timeoutMs,
  })
}

async function failureOf(call: Promise<unknown>): Promise<HttpError> {
  const error = await call.catch((cause: unknown) => cause)
  if (error instanceof HttpError) return error
  throw new Error(`an HttpError was expected, not ${String(error)}`)
}

test('the client returns status, headers and body unchanged', async () => {
  server.validation = (_request, response) =>
    answer(response, 418, 'té', { 'x-subject-token': 't' })
  const { status, headers, body } = await get()
  assert.equal([status, headers['x-subject-token'], body], [418, 't', 'té'])
})

test('a connection is reused', async () => {
  const ports = new Set<unknown>()
  server.validation = (request, response) => {
    ports.add(request.socket.remotePort)
    answer(response, 200, '')
  }
  for (let n = 0; n < 5; n++) await get()
  assert.is(ports.size, 1)
})

test('redirects keep method, headers and body', async () => {
  server.login = (_request, response) => {
    const status = [301, 302, 303, 307, 308][server.logins - 1]
    if (status === undefined) answer(response, 201, 'there')
    else answer(response, status, '', { location: `/v3/hop-${server.logins}` })
  }
  const headers = { 'x-auth-token': 'secret' }
  const deadlineMs = performance.now() + 30_000
  const call = { method: 'POST', url: server.url, headers, body: '{"a":1}', deadlineMs } as const
  assert.is((await client.request(call)).body, 'there')
  assert.equal(
    server.calls.map(({ url, headers, body }) => [url, headers['x-auth-token'], body]),
    ['', '/hop-1', '/hop-2', '/hop-3', '/hop-4', '/hop-5'].map((path) => [
      `/v3${path}`,
      'secret',
      '{"a":1}',
    ]),
  )
})

test('a redirect that is not followed is reported with its target', async () => {
  const redirect = async (location: string): Promise<string> => {
    server.validation = (_request, response) => answer(response, 301, '', { location })
    return (await failureOf(get())).message
  }
  const { url } = server
  assert.is(await redirect(`${url}?secret=1`), `${url} redirects to ${url}`)
  assert.is(server.validations, 31, 'not for ever')
  assert.is(await redirect('ftp://user:secret@a/b'), `${url} redirects to ftp://a/b`)
  assert.is(await redirect('http://['), `${url} redirects to no URL`)
  server.validation = (_request, response) => answer(response, 301, 'nowhere')
  assert.is((await get()).status, 301)
})

test('a connection that is cut before the answer is retried once', async () => {
  server.validation = (request, response) => {
    if (server.validations === 1) request.socket.destroy()
    else answer(response, 200, 'second')
  }
  assert.is((await get()).body, 'second')
  server.validation = (request) => request.socket.destroy()
  assert.match((await failureOf(get())).message, 'ECONNRESET')
  assert.is(server.validations, 4)
})

test('a refused connection fails at once', async () => {
  const probe = net.createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  const port = typeof address === 'object' ? address?.port : 0
  probe.close()
  await once(probe, 'close')
  const error = await failureOf(get(60_000, `http://127.0.0.1:${port}/v3`))
  assert.match(error.message, 'ECONNREFUSED')
})

test('a silent server fails at the deadline without a retry', async () => {
  server.validation = () => undefined
  const start = performance.now()
  assert.is((await failureOf(get(200))).message, 'no answer in time')
  assert.ok(performance.now() - start >= 190)
  assert.is(server.validations, 1)
})

test('an endless answer fails at the deadline', async () => {
  server.validation = (_request, response) => {
    response.writeHead(200)
    const drip = setInterval(() => response.write('x'), 20)
    response.on('close', () => clearInterval(drip))
  }
  await failureOf(get(200))
})

test('too long an answer fails', async () => {
  server.validation = (_request, response) => {
    response.writeHead(200)
    response.end(Buffer.alloc(3 * 1024 * 1024, 0x20))
  }
  assert.is((await failureOf(get())).message, 'the answer is too long')
  assert.is(server.validations, 1)
})

test('an answer that is no HTTP fails without repeating what was sent', async () => {
  server.validation = (request) => request.socket.end('nonsense\r\n\r\n')
  assert.not.match((await failureOf(get())).message, 'secret')
  const call = client.request({
    method: 'GET',
    url: server.url,
    headers: { 'x-subject-token': 'secret\n' },
    deadlineMs: performance.now() + 30_000,
  })
  assert.not.match((await failureOf(call)).message, 'secret')
})

test('a missing TLS file fails the first call over TLS', async () => {
  const client = new HttpClient({ retriesMax: 0, tls: { cafile: '/nonexistent/ca.pem' } })
  const url = server.url.replace('http:', 'https:')
  const deadlineMs = performance.now() + 30_000
  const call = client.request({ method: 'GET', url, headers: {}, deadlineMs })
  assert.match((await failureOf(call)).message, /ca\.pem/)
})

test.run()
