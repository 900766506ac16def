import * as assert from 'uvu/assert'
import { type InProcessService, startService, TOKEN } from '../../support/in-process-service.ts'
import { ask, messageOf, parseAnswer, requestText, sendRaw } from '../../support/raw-http.ts'
import { test } from '../../support/suite.ts'

const globals = { Request, Response }
let service: InProcessService

test.before(async () => {
  service = await startService()
})

test.after(() => service.close())

test('a health check in HTTP/1.0, which has no Host, answers 200', async () => {
  const answer = await sendRaw(service.port, 'GET /healthcheck HTTP/1.0\r\n\r\n')
  assert.is(answer.status, 200)
  assert.is(answer.body, '{"API": "OK"}')
})

test('a target in absolute form with another host answers like any other', async () => {
  const answer = await ask(service.port, { target: 'http://elsewhere:81/v1' })
  assert.is(answer.status, 200)
})

test('a large body to an unknown path answers 404 and closes', async () => {
  const target = '/nowhere'
  const head = requestText(service.port, {
    method: 'POST',
    target,
    headers: ['Content-Length: 5000000'],
  })
  const large = await sendRaw(service.port, head, Buffer.alloc(5_000_000, ' '))
  assert.is(large.status, 404)
  assert.is(large.headers.get('connection'), 'close')
  const small = requestText(service.port, { method: 'POST', target, body: 'x'.repeat(100) })
  const next = requestText(service.port, { target: '/healthcheck' }, ['Connection: close'])
  const { text } = await sendRaw(service.port, small + next)
  assert.is(parseAnswer(text).status, 404)
  assert.match(text, '{"API": "OK"}')
})

test('a repeated header answers 400, for pages as well', async () => {
  const headers = ['Host: localhost', 'Host: localhost']
  const answer = await ask(service.port, { target: '/', headers })
  assert.is(answer.status, 400)
})

test('a request without a route gets no 100 Continue', async () => {
  const headers = ['Content-Length: 2', 'Expect: 100-continue']
  const answer = await ask(service.port, { method: 'POST', target: '/nowhere', headers })
  assert.is(answer.status, 404)
  assert.match(messageOf(answer), 'could not be found')
})

function headerNames(text: string): readonly string[] {
  const [head = ''] = text.split('\r\n\r\n')
  const [, ...lines] = head.split('\r\n')
  return lines.map((line) => line.split(':')[0] ?? '')
}

test('answers of the adapter have the same header names as others', async () => {
  const { text } = await ask(service.port, { method: 'PUT', target: '/' })
  const first = ['Content-Type', 'x-openstack-request-id', 'Content-Length']
  assert.equal(headerNames(text), [...first, 'Allow', 'Date', 'Connection'])
  const target = '/v1/data/p1/tables'
  const direct = await ask(service.port, { target, headers: [TOKEN] })
  assert.is(direct.status, 200)
  assert.equal(headerNames(direct.text), [...first, 'Date', 'Connection'])
})

test("the global Request and Response are Node's own", () => {
  assert.is(globalThis.Request, globals.Request)
  assert.is(globalThis.Response, globals.Response)
})

test.run()
