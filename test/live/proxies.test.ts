import { strict as assert } from 'node:assert'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../stack/ports.ts'
import { Service } from '../support/service.ts'
import { suite } from '../support/suite.ts'

/**
 * The service behind real proxies with their defaults: HAProxy's plain `httpchk`, nginx's HTTP/1.0
 * without keep-alive, and connection pools in both. If the machine lacks a proxy, a line says so.
 */
const test = suite<{ service: Service; folder: string }>('proxies')

const REQUESTS = 300
const CLIENTS = 16
const TABLES = '/v1/data/demo/tables'

test.before(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'magnetodb-proxies-'))
  const config = { DEFAULT: { auth_strategy: 'noauth', storage_driver: 'memory', workers: 1 } }
  context.service = await Service.start(config)
})

test.after(async ({ service, folder }) => {
  assert.equal(await service.stop(), 0)
  rmSync(folder, { recursive: true })
})

const CHECKS = {
  'option httpchk': 'option httpchk',
  'OPTIONS *': 'option httpchk OPTIONS *',
  'with a Host':
    'option httpchk\n  http-check send meth GET uri /healthcheck ver HTTP/1.1 hdr Host a',
  'GET /healthcheck in HTTP/1.0': 'option httpchk GET /healthcheck',
}

for (const [what, check] of Object.entries(CHECKS)) {
  test(`HAProxy's check finds the service up, and its pool loses no request: ${what}`, async ({
    service,
    folder,
  }) => {
    if (isMissing('haproxy')) return
    const port = await freePort()
    const server = new URL(service.url).host
    const file = join(folder, 'haproxy.cfg')
    writeFileSync(
      file,
      `global
  log stderr format raw local0
defaults
  mode http
  timeout connect 5s
  timeout check 30s
  timeout client 30s
  timeout server 30s
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  ${check}
  http-reuse always
  server one ${server} check inter 200ms fall 1 rise 1
`,
    )
    const proxy = spawn('haproxy', ['-db', '-f', file])
    let log = ''
    proxy.stderr.on('data', (chunk) => {
      log += chunk
    })
    await untilServed(port, proxy)
    await load(port, () => log)
    // Time for several health checks.
    await setTimeout(1_000)
    await load(port)
    await ended(proxy)
    assert.doesNotMatch(log, /is DOWN/)
  })
}

const POOL = 'proxy_http_version 1.1; proxy_set_header Connection "";'

for (const [what, lines] of [
  ['as it is, in HTTP/1.0', ''],
  ['with a pool of connections', POOL],
  [
    'and an upgrade asked for',
    `${POOL} proxy_set_header Connection upgrade; proxy_set_header Upgrade h2c;`,
  ],
] as const) {
  test(`nginx loses no request: ${what}`, async ({ service, folder }) => {
    if (isMissing('nginx')) return
    const port = await freePort()
    const file = join(folder, 'nginx.conf')
    writeFileSync(
      file,
      `daemon off; error_log stderr warn; pid ${folder}/nginx.pid; worker_processes 1;
events {}
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream b { server ${new URL(service.url).host}; keepalive 8; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://b; proxy_set_header Host localhost; ${lines} }
  }
}
`,
    )
    const proxy = spawn('nginx', ['-p', folder, '-c', file])
    let log = ''
    proxy.stderr.on('data', (chunk) => {
      log += chunk
    })
    await untilServed(port, proxy)
    await load(port)
    await ended(proxy)
    assert.doesNotMatch(log, /\[(?:error|crit)\] .*upstream/)
  })
}

test.run()

function isMissing(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`])
    return false
  } catch {
    process.stdout.write(`not tried: this machine has no ${program}\n`)
    return true
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })

function statusOf(port: number, method = 'GET', path = TABLES, body = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      Host: 'localhost',
      'X-Auth-Token': 'ann:demo',
      'Content-Length': Buffer.byteLength(body),
    }
    const asked = request({ port, method, path, headers, agent }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode ?? 0))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

async function untilServed(port: number, proxy: ChildProcess): Promise<void> {
  for (;;) {
    assert.equal(proxy.exitCode, null, 'the proxy has ended')
    const status = await statusOf(port).catch(() => 0)
    if (status === 200) return
    await setTimeout(50)
  }
}

/** Sends reads, requests that are refused before their body, and health checks, without pauses. */
async function load(port: number, said = () => ''): Promise<void> {
  const statuses = new Map<number, number>()
  const client = async () => {
    for (let i = 0; i < REQUESTS / CLIENTS; i++) {
      for (const status of [
        await statusOf(port),
        await statusOf(port, 'POST', `${TABLES}/nothing/get_item`, '{"key":{"a":{"S":"b"}}}'),
        await statusOf(port, 'POST', '/nothing', 'x'.repeat(1_000)),
      ]) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  assert.deepEqual([...statuses.keys()].sort(), [200, 404], said())
}

async function ended(proxy: ChildProcess): Promise<void> {
  const exited = once(proxy, 'exit')
  proxy.kill('SIGTERM')
  await exited
}
