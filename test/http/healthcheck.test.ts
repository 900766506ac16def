import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Healthcheck } from '../../src/http/healthcheck.ts'
import { ask, type RunningService, startService } from './running-service.ts'

let service: RunningService

test.before(async () => {
  service = await startService()
})

test.after(() => service.close())

test('the body is what load balancers and tempest compare with', async () => {
  const answer = await ask(service.port, { target: '/healthcheck' })
  assert.is(answer.status, 200)
  assert.is(answer.headers.get('content-type'), 'application/json')
  assert.is(answer.body, '{"API": "OK"}')
  const no = await ask(service.port, { target: '/healthcheck?fullcheck=no' })
  assert.is(no.body, '{"API": "OK"}')
})

test('a full check asks every part', async () => {
  for (const word of ['true', '1', 'yes', 'on', 't', 'Y']) {
    const answer = await ask(service.port, { target: `/healthcheck?fullcheck=${word}` })
    assert.is(answer.status, 200)
    assert.is(answer.body, '{"API": "OK", "Identity": "OK", "Storage": "OK", "Messaging": "OK"}')
  }
})

test('HEAD is 204, and a path below is 404 in text', async () => {
  assert.is((await ask(service.port, { method: 'HEAD', target: '/healthcheck' })).status, 204)
  const below = await ask(service.port, { target: '/healthcheck/x' })
  assert.is(below.status, 404)
  assert.is(below.body, 'Incorrect url. Please check it and try again')
  assert.match(below.headers.get('content-type') ?? '', /^text\/plain/)
})

test('a part that fails or does not answer is 503', async () => {
  const healthcheck = new Healthcheck({
    identity: () => new Promise(() => {}),
    storage: () => Promise.reject(new Error('down')),
  })
  const answer = await healthcheck.answer('GET', 'true')
  assert.is(answer.status, 503)
  assert.is(
    answer.body,
    '{"API": "OK", "Identity": "ERROR", "Storage": "ERROR", "Messaging": "OK"}',
  )
})

test('many full checks at once ask the parts once', async () => {
  let asked = 0
  const probe = async () => {
    asked++
  }
  const healthcheck = new Healthcheck({ identity: probe, storage: probe })
  await Promise.all(Array.from({ length: 50 }, () => healthcheck.answer('GET', '1')))
  assert.is(asked, 2)
})

test.run()
