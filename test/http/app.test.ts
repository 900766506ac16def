import * as assert from 'uvu/assert'
import { type InProcessService, startService } from '../support/in-process-service.ts'
import { ask } from '../support/raw-http.ts'
import { suite } from '../support/suite.ts'

const test = suite<{ service: InProcessService }>('http app')

test.before(async (context) => {
  context.service = await startService()
})

test.after(async ({ service }) => {
  await service.close()
})

test("an unknown path answers 404 in the wire's envelope", async ({ service: { port } }) => {
  for (const target of ['/nowhere', '/v2', '/v1/data/p1/tables/t/drop', '/v1/data/p1/nowhere']) {
    const answer = await ask(port, { target })
    assert.is(answer.status, 404, target)
    assert.is(answer.headers.get('content-type'), 'application/json')
    assert.is(JSON.parse(answer.body).title, 'Not Found')
  }
})

test('a wrong method answers 405 with Allow', async ({ service: { port } }) => {
  const allowed = async (method: string, target: string) => {
    const { status, headers } = await ask(port, { method, target })
    assert.is(status, 405, `${method} ${target}`)
    return headers.get('allow')
  }
  assert.is(await allowed('PUT', '/v1/data/p1/tables'), 'GET, POST, HEAD')
  assert.is(await allowed('PATCH', '/v1/data/p1/tables/thread'), 'GET, DELETE, HEAD')
  assert.is(await allowed('GET', '/v1/data/p1/tables/thread/get_item'), 'POST')
  assert.is(await allowed('TRACE', '/v1/data/p1/tables'), 'GET, POST, HEAD')
  assert.is(await allowed('DELETE', '/'), 'GET, POST, HEAD')
  assert.is(await allowed('PROPFIND', '/healthcheck'), 'GET, HEAD')
})

test('OPTIONS answers with Allow and without a body', async ({ service: { port } }) => {
  const answer = await ask(port, { method: 'OPTIONS', target: '/v1/data/p1/batch_get_item' })
  assert.is(answer.status, 204)
  assert.is(answer.headers.get('allow'), 'POST')
  assert.is(answer.body, '')
})

test('version documents need no token and link to themselves', async ({ service: { port } }) => {
  const root = JSON.parse((await ask(port, { target: '/' })).body)
  assert.equal(
    root.versions.map(({ id, status }: Record<string, string>) => [id, status]),
    [['v1.0', 'CURRENT']],
  )
  const [{ href }] = root.versions[0].links
  assert.is(href, `http://127.0.0.1:${port}/v1/`)
  for (const target of ['/v1', '/v1/']) {
    assert.equal(JSON.parse((await ask(port, { target })).body), { version: root.versions[0] })
  }
})

test("the catalog's URL answers with a version document, without a token", async ({
  service: { port },
}) => {
  for (const target of ['/v1/data', '/v1/data/', '/v1/data/p1', '/v1/data/nobody']) {
    const answer = await ask(port, { target })
    assert.is(answer.status, 200, target)
    const { version } = JSON.parse(answer.body)
    assert.equal([version.id, version.status], ['v1.0', 'CURRENT'])
    assert.equal(version.links, [{ rel: 'self', href: `http://127.0.0.1:${port}/v1/data/` }])
  }
  assert.is((await ask(port, { method: 'POST', target: '/v1/data/p1' })).status, 405)
})

test('an invalid Host answers 400', async ({ service: { port } }) => {
  for (const host of ['user@evil', 'a/b', 'a b', '', 'x"y', 'a,b']) {
    const answer = await ask(port, { target: '/', headers: [`Host: ${host}`] })
    assert.is(answer.status, 400, host)
  }
})

test.run()
