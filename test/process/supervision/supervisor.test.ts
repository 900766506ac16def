import * as assert from 'uvu/assert'
import { ask } from '../../support/ask.ts'
import { Service, writeConfig } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { keepAliveLoad, NEW_CONNECTION } from '../keep-alive-load.ts'

interface Running {
  folder: TemporaryFolder
  service: Service
}
const test = suite<Running>('supervisor')

const WORKERS = 2
const CLIENTS = 16
const WAIT_MS = 60_000

test.before.each(async (context) => {
  context.folder = new TemporaryFolder()
  const config = writeConfig(
    context.folder.path,
    `[DEFAULT]\nauth_strategy = noauth\nbind_port = 0\nworkers = ${WORKERS}\n` +
      `[lmdb]\npath = ${context.folder.path}/data\nmap_size = 16M\n`,
  )
  context.service = await Service.start(config)
})

test.after.each(async ({ folder, service }) => {
  await service.kill()
  folder.remove()
})

async function isAnswering(url: string): Promise<boolean> {
  return (await ask(`${url}/healthcheck`)).text === '{"API": "OK"}'
}

async function until<T>(ask: () => Promise<T>, holds: (found: T) => boolean): Promise<T> {
  const deadline = performance.now() + WAIT_MS
  for (;;) {
    const found = await ask()
    if (holds(found) || performance.now() > deadline) return found
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The process id of one worker, once all of them run. */
async function oneOfAll(service: Service): Promise<number> {
  const pids = await until(
    async () => service.workers(),
    (found) => found.length === WORKERS,
  )
  const [pid] = pids
  if (pid === undefined || pids.length < WORKERS) throw new Error(`workers: ${pids.join()}`)
  return pid
}

test('a killed worker is replaced while the port keeps answering', async ({ service }) => {
  let over = false
  const load = keepAliveLoad(service.url, 4, () => over)
  const victim = await oneOfAll(service)
  process.kill(victim, 'SIGKILL')
  const after = await until(
    async () => service.workers(),
    (pids) => pids.length === WORKERS && !pids.includes(victim),
  )
  assert.is(after.length, WORKERS)
  assert.not(after.includes(victim))
  assert.ok(await isAnswering(service.url))
  over = true
  const { answered, failures } = await load
  assert.ok(answered > 0)
  // Each connection on which the dead worker was answering may fail, and each new one that it was
  // given before its death was noticed.
  const newcomers = failures.filter((failure) => failure.startsWith(NEW_CONNECTION))
  assert.ok(newcomers.length <= 4, failures.join())
  assert.ok(failures.length - newcomers.length <= 4, failures.join())
})

test('with all workers killed, connections wait and are not refused', async ({ service }) => {
  for (const pid of service.workers()) process.kill(pid, 'SIGKILL')
  assert.ok(await isAnswering(service.url))
})

test('a worker that gets SIGTERM fails no request and is replaced', async ({ service }) => {
  let over = false
  const load = keepAliveLoad(service.url, 8, () => over)
  for (let i = 0; i < 4; i++) {
    const victim = await oneOfAll(service)
    process.kill(victim, 'SIGTERM')
    const left = await until(
      async () => service.workers(),
      (pids) => !pids.includes(victim),
    )
    assert.not(left.includes(victim))
  }
  over = true
  const { answered, failures } = await load
  assert.equal(failures, [])
  assert.ok(answered > 0)
  assert.is(await service.stop(), 0)
})

test('SIGTERM drains under load without a failed request', async ({ service }) => {
  let asked = 0
  const load = keepAliveLoad(service.url, CLIENTS, () => {
    asked++
    return false
  })
  await until(
    async () => asked,
    (count) => count > 100,
  )
  assert.is(await service.stop(), 0)
  const { answered, failures } = await load
  // The kernel completes connections by itself. A client that connects just as the last listening
  // socket is closed gets a reset, although no process accepted the connection.
  const lateCallers = failures.filter((failure) => failure.startsWith(NEW_CONNECTION))
  assert.equal(failures, lateCallers)
  assert.ok(lateCallers.length <= CLIENTS, 'each client once at most')
  assert.ok(answered > 64)
})

test('a second SIGTERM ends all processes at once', async ({ service }) => {
  const hanging = fetch(`${service.url}/v1/data/p1/tables/thread/put_item`, {
    method: 'POST',
    headers: { 'X-Auth-Token': 'user:p1' },
    body: new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('{')) }),
    duplex: 'half',
  } as RequestInit).catch(() => 'cut off')
  await isAnswering(service.url)
  const ended = service.stop('SIGTERM')
  await until(
    async () => isAnswering(service.url).catch(() => false),
    (is) => !is,
  )
  service.signal('SIGTERM')
  assert.is(await ended, 1)
  assert.is(await hanging, 'cut off')
})

test.run()
