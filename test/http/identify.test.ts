import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { streamingWire } from '../../src/dialect/magnetodb/wire.ts'
import { authenticate, recognise } from '../../src/http/endpoint.ts'
import { NodeExchange } from '../../src/http/node-exchange.ts'
import type { AuthenticatedRequest } from '../../src/identity/authenticator.ts'
import { NoauthAuthenticator } from '../../src/identity/noauth.ts'
import { test } from '../support/suite.ts'
import { serverParts, wireWith } from './server-parts.ts'

test('the authenticator gets only what identifies the caller', async () => {
  const told: { token: string | undefined; request: AuthenticatedRequest }[] = []
  const noauth = new NoauthAuthenticator()
  const known = (token: string | undefined, request: AuthenticatedRequest) => {
    const { serviceType, method, path, address, forwardedFor, serviceToken } = request
    told.push({
      token,
      request: { serviceType, method, path, address, forwardedFor, serviceToken },
    })
    return noauth.known('ann:demo')
  }
  const wire = streamingWire(Object.assign(new NoauthAuthenticator(), { known }))
  const parts = serverParts({ wires: [wire] })
  const server = createServer((incoming, outgoing) => {
    void authenticate(new NodeExchange(incoming, outgoing, parts))
    outgoing.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const headers = {
    'X-Auth-Token': 'user-token',
    'X-Service-Token': 'service-token',
    'X-Forwarded-For': '1.2.3.4, 5.6.7.8',
    Forwarded: 'for=9.9.9.9',
    'X-Roles': 'admin',
    'X-Project-Id': 'other',
  }
  const call = get({ port, path: '/v1/data/demo/tables?limit=1', headers, agent: false })
  const [response] = await once(call, 'response')
  response.resume()
  await once(server.close(), 'close')
  assert.is(told[0]?.token, 'user-token')
  assert.equal(told[0]?.request, {
    serviceType: 'kv-streaming',
    method: 'GET',
    path: '/v1/data/demo/tables',
    address: '127.0.0.1',
    forwardedFor: '1.2.3.4, 5.6.7.8',
    serviceToken: 'service-token',
  })
})

test('a claimed project decides where a request waits, but identifies nobody', async () => {
  let claims: string | undefined = 'p1'
  const parts = serverParts({ wires: [wireWith({ claimedProject: () => claims })] })
  const shares: string[] = []
  const contexts: unknown[] = []
  const server = createServer((incoming, outgoing) => {
    const exchange = new NodeExchange(incoming, outgoing, parts)
    recognise(exchange, exchange.wire)
    shares.push(exchange.share)
    contexts.push(exchange.context)
    outgoing.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (claims of ['p1', undefined]) {
    const [response] = await once(get({ port, path: '/', agent: false }), 'response')
    response.resume()
  }
  await once(server.close(), 'close')
  assert.equal(shares, ['p1', '127.0.0.1'])
  assert.equal(contexts, [undefined, undefined])
})

test.run()
