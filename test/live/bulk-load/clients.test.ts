import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { freePort } from '../../stack/ports.ts'
import { runPython } from '../../support/program.ts'
import { Service } from '../../support/service.ts'
import { test } from '../../support/suite.ts'
import { CredentialMaker } from '../credentials.ts'
import { keystoneSection } from '../keystone-section.ts'

/** Bulk loads by real clients on both ports, with tokens of a real Keystone. */

const run = promisify(execFile)
const keystone = keystoneFromEnv()
const maker = new CredentialMaker(keystone)
const { alpha } = keystone.data.projects
const TABLE = 'loaded.by-clients'
const LOAD = `/v1/data/${alpha.id}/tables/${TABLE}/bulk_load`
const file = join(tmpdir(), `magnetodb-lines-${process.pid}`)
let service: Service
let streaming: string
let member: string

test.before(async () => {
  const port = await freePort()
  service = await Service.start({
    DEFAULT: { auth_strategy: 'keystone', workers: 1, streaming_bind_port: port },
    keystone_authtoken: keystoneSection(keystone.data),
  })
  streaming = `http://127.0.0.1:${port}`
  member = await maker.userToken(alpha.users.member)
  const answer = await fetch(`${service.url}/v1/data/${alpha.id}/tables`, {
    method: 'POST',
    headers: { 'X-Auth-Token': member },
    body: JSON.stringify({
      table_name: TABLE,
      attribute_definitions: [{ attribute_name: 'id', attribute_type: 'S' }],
      key_schema: [{ attribute_name: 'id', key_type: 'HASH' }],
    }),
  })
  assert.is(answer.status, 200)
})

test.after(async () => {
  rmSync(file, { force: true })
  assert.is(await service.stop(), 0)
})

const line = (id: string) => `{"id":{"S":"${id}"}}\n`

async function load(url: string, token: string, body: string): Promise<Response> {
  return fetch(url + LOAD, { method: 'POST', headers: { 'X-Auth-Token': token }, body })
}

test('Python clients load generators and files, and read refusals', async () => {
  const output = await runPython('bulk_load.py', [], {
    main: `${service.url}/v1/data/${alpha.id}`,
    streaming: `${streaming}/v1/data/${alpha.id}`,
    token: member,
    reader: await maker.userToken(alpha.users.reader),
  })
  assert.is(output, 'OK\n')
})

test('curl loads files, with a length and in chunks', async () => {
  const count = 3_000
  writeFileSync(file, Array.from({ length: count }, (_, n) => line(`curl-${n}`)).join(''))
  for (const [url, ...headers] of [
    [service.url],
    [service.url, 'Expect: 100-continue'],
    [service.url, 'Transfer-Encoding: chunked'],
    [streaming, 'Transfer-Encoding: chunked', 'Expect: 100-continue'],
  ]) {
    const more = [`X-Auth-Token: ${member}`, ...headers].flatMap((header) => ['-H', header])
    const args = ['-sS', '--max-time', '120', '-X', 'POST', '-T', file, ...more, `${url}${LOAD}`]
    const { stdout } = await run('curl', args)
    const { read, processed } = JSON.parse(stdout)
    assert.equal([read, processed], [count, count], headers.join())
  }
})

test('access rules allow a bulk load on one port only', async () => {
  const limited = (service: string) =>
    maker.byApplicationCredential(alpha.users.member, {
      access_rules: [{ service, method: 'POST', path: '/v1/data/*/tables/*/bulk_load' }],
    })
  const forStorage = await limited('kv-storage')
  const forStreaming = await limited('kv-streaming')
  const statusOf = async (url: string, token: string) =>
    (await load(url, token, line('rules'))).status
  assert.is(await statusOf(service.url, forStorage), 200)
  assert.is(await statusOf(streaming, forStorage), 401)
  assert.is(await statusOf(service.url, forStreaming), 401)
  assert.is(await statusOf(streaming, forStreaming), 200)
})

test('a running bulk load continues after its token expires', async () => {
  const token = await maker.shortLived(alpha.users.member)
  const headers = { 'X-Auth-Token': token }
  const outgoing = request(`${service.url}${LOAD}?progress=true`, { method: 'POST', headers })
  outgoing.write(line('early'))
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  assert.is(incoming.statusCode, 200)
  while ((await load(service.url, token, line('probe'))).status !== 401) await delay(200)
  outgoing.end(line('late'))
  let text = ''
  for await (const chunk of incoming) text += chunk
  assert.is(JSON.parse(text.trim().split('\n').at(-1) ?? '').processed, 2)
})

test.run()
