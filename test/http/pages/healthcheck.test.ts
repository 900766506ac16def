import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { Healthcheck } from '../../../src/http/pages/healthcheck.ts'
import {
  type InProcessService,
  startService,
  THREAD_TABLE,
  TOKEN,
} from '../../support/in-process-service.ts'
import { ask } from '../../support/raw-http.ts'
import { test } from '../../support/suite.ts'

let service: InProcessService

test.before(async () => {
  service = await startService()
})

test.after(() => service.close())

test('the health check answers 200 with the exact bytes that tempest compares', async () => {
  const answer = await ask(service.port, { target: '/healthcheck' })
  assert.is(answer.status, 200)
  assert.is(answer.headers.get('content-type'), 'application/json')
  assert.is(answer.body, '{"API": "OK"}')
  const no = await ask(service.port, { target: '/healthcheck?fullcheck=no' })
  assert.is(no.body, '{"API": "OK"}')
})

test('a full health check probes every part', async () => {
  for (const word of ['true', '1', 'yes', 'on', 't', 'Y']) {
    const answer = await ask(service.port, { target: `/healthcheck?fullcheck=${word}` })
    assert.is(answer.status, 200)
    assert.is(answer.body, '{"API": "OK", "Identity": "OK", "Storage": "OK", "Messaging": "OK"}')
  }
})

test('HEAD of the health check answers 204, a path below it 404 in text', async () => {
  assert.is((await ask(service.port, { method: 'HEAD', target: '/healthcheck' })).status, 204)
  const below = await ask(service.port, { target: '/healthcheck/x' })
  assert.is(below.status, 404)
  assert.is(below.body, 'Incorrect url. Please check it and try again')
  assert.match(below.headers.get('content-type') ?? '', /^text\/plain/)
})

test('a full health check with a failing or silent part answers 503', async () => {
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

test('a full LMDB answers 503 with an ERROR in the full health check', async () => {
  const path = mkdtempSync(join(tmpdir(), 'magnetodb-full-'))
  const full = await startService(`storage_driver = lmdb\n[lmdb]\npath = ${path}\nmap_size = 16M\n`)
  const post = (target: string, body: string) =>
    ask(full.port, {
      method: 'POST',
      target: `/v1/data/p1/tables${target}`,
      headers: [TOKEN],
      body,
    })
  await post('', THREAD_TABLE)
  const text = 'x'.repeat(400_000)
  let status = 200
  for (let i = 0; status === 200 && i < 100; i++) {
    const item = `{"forum":{"S":"${i}"},"text":{"S":"${text}"}}`
    status = (await post('/thread/put_item', `{"item":${item}}`)).status
  }
  assert.is(status, 503)
  const answer = await ask(full.port, { target: '/healthcheck?fullcheck=true' })
  assert.is(answer.status, 503)
  assert.match(answer.body, '"Storage": "ERROR"')
  assert.is((await ask(full.port, { target: '/healthcheck' })).status, 200)
  await full.close()
  rmSync(path, { recursive: true })
})

test('many full health checks at once probe each part once', async () => {
  let asked = 0
  const probe = async () => {
    asked++
  }
  const healthcheck = new Healthcheck({ identity: probe, storage: probe })
  await Promise.all(Array.from({ length: 50 }, () => healthcheck.answer('GET', '1')))
  assert.is(asked, 2)
})

test.run()
