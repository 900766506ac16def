import { once } from 'node:events'
import { connect, createServer, type Server as NetServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import type { NodeOptions } from '../../../src/cache/memcached/node.ts'
import { MemcachedPool } from '../../../src/cache/memcached/pool.ts'
import { ManualClock } from '../../identity/keystone/manual-clock.ts'
import { stopwatch } from '../../scheduled-time.ts'
import { suite } from '../../support/suite.ts'
import { MemcachedServer } from '../memcached-server.ts'

/** Much longer than a server needs to answer, even on a busy machine. */
const TIMEOUT_MS = 1_500
const DEAD_RETRY_MS = 30_000

const test = suite('memcached pool')
let servers: MemcachedServer[] = []
let clock: ManualClock
let events: string[] = []
let pool: MemcachedPool

function open(addresses: readonly string[], changes: Partial<NodeOptions> = {}): void {
  pool?.close()
  const options = {
    connectionsMax: 10,
    operationTimeoutMs: TIMEOUT_MS,
    unusedTimeoutMs: 60_000,
    deadRetryMs: DEAD_RETRY_MS,
    ...changes,
  }
  pool = new MemcachedPool(addresses, options, clock, {
    died: () => void events.push('died'),
    returned: () => void events.push('returned'),
  })
}

async function start(count: number): Promise<void> {
  servers = await Promise.all(Array.from({ length: count }, () => MemcachedServer.start()))
  open(servers.map(({ address }) => address))
}

function only(): MemcachedServer {
  const [server] = servers
  if (server === undefined) throw new Error('no server')
  return server
}

function portOf(server: NetServer): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Milliseconds of a call, without the time that this process and the servers waited for a CPU. */
async function timeMs(call: () => Promise<unknown>): Promise<number> {
  const watch = stopwatch(...servers.map(({ pid }) => pid))
  await call()
  return watch()
}

const keys = (count: number) => Array.from({ length: count }, (_, n) => `tokens/key-${n}`)
const setAll = (names: readonly string[]) =>
  Promise.all(names.map((key) => pool.set(key, `value of ${key}`, 300)))
const getAll = (names: readonly string[]) => Promise.all(names.map((key) => pool.get(key)))
const countFound = async (names: readonly string[]) =>
  (await getAll(names)).filter((value) => value !== undefined).length

test.before.each(() => {
  clock = new ManualClock()
  events = []
})

test.after.each(async () => {
  pool.close()
  await Promise.all(servers.map((server) => server.stop()))
  servers = []
})

test('a value that was set is found until it is deleted or flushed', async () => {
  await start(1)
  await pool.set('a', 'ä text\r\nof "two" lines', 300)
  await pool.set('b', '', 300)
  assert.equal(await getAll(['a', 'b', 'c']), ['ä text\r\nof "two" lines', '', undefined])
  await pool.delete('a')
  await pool.delete('never-there')
  assert.is(await pool.get('a'), undefined)
  await only().tell('flush_all', 'OK')
  assert.is(await pool.get('b'), undefined)
})

test('a cold burst of 500 operations opens no more than ten connections', async () => {
  await start(1)
  const { port } = only()
  let opened = 0
  const counter = createServer((socket) => {
    opened++
    const server = connect(port, '127.0.0.1')
    for (const end of [socket, server]) end.on('error', () => undefined)
    socket.pipe(server).pipe(socket)
  })
  counter.listen(0, '127.0.0.1')
  await once(counter, 'listening')
  try {
    open([`127.0.0.1:${portOf(counter)}`])
    await setAll(keys(500))
    assert.is(await countFound(keys(500)), 500)
    assert.is(opened, 10)
  } finally {
    pool.close()
    counter.close()
    await once(counter, 'close')
  }
})

test('a silent memcached costs one timeout per dead period, and is used again', async () => {
  await start(1)
  await pool.set('a', 'A', 300)
  await only().pause()
  const askedAt = performance.now()
  await pool.get('a')
  const first = performance.now() - askedAt
  assert.ok(first >= TIMEOUT_MS - 5, `the first took ${first} ms`)
  const next = await timeMs(() => getAll(keys(1_000)))
  assert.ok(next < TIMEOUT_MS, `the thousand after it took ${next} ms`)

  clock.advance(DEAD_RETRY_MS)
  const probe = timeMs(() => pool.get('a'))
  const others = await timeMs(() => getAll(keys(1_000)))
  assert.ok(others < TIMEOUT_MS, `those beside the probe took ${others} ms`)
  await probe
  assert.ok((await timeMs(() => getAll(keys(1_000)))) < TIMEOUT_MS, 'dead again')

  only().resume()
  assert.is(await pool.get('a'), undefined, 'not before the dead period is over')
  clock.advance(DEAD_RETRY_MS)
  assert.is(await pool.get('a'), 'A')
  assert.is(await countFound(['a', 'a']), 2)
  assert.equal(events, ['died', 'returned'])
})

test('operations in flight to a memcached that falls silent end together', async () => {
  await start(1)
  await setAll(keys(500))
  await only().pause()
  const first = pool.get('a')
  await delay(TIMEOUT_MS / 2)
  const late = await timeMs(() => getAll(keys(500)))
  assert.ok(late < TIMEOUT_MS, `those that came later waited ${late} ms`)
  assert.is(await first, undefined)
})

test('a killed memcached costs no time and is used again when it is back', async () => {
  await start(1)
  await setAll(keys(50))
  await only().kill()
  const took = await timeMs(async () => assert.is(await countFound(keys(1_000)), 0))
  assert.ok(took < TIMEOUT_MS, String(took))
  await only().start()
  clock.advance(DEAD_RETRY_MS)
  await pool.set('a', 'A', 300)
  assert.is(await pool.get('a'), 'A')
})

test('a memcached that is down from the start costs no time', async () => {
  await start(1)
  await only().kill()
  assert.ok((await timeMs(() => setAll(keys(500)))) < TIMEOUT_MS)
})

test('keys are spread over servers; if one fails only its keys move', async () => {
  await start(3)
  const names = keys(900)
  await setAll(names)
  const shares = await Promise.all(servers.map((server) => server.statistic('curr_items')))
  assert.is(shares[0], 900 - (shares[1] ?? 0) - (shares[2] ?? 0))
  for (const share of shares) assert.ok(share > 200 && share < 400, String(shares))

  await only().kill()
  await pool.get('a')
  await getAll(names)
  assert.is(await countFound(names), 900 - (shares[0] ?? 0), 'the others keep theirs')
  await setAll(names)
  assert.is(await countFound(names), 900, 'its keys have found another place')

  await only().start()
  clock.advance(DEAD_RETRY_MS)
  // An operation on one of the server's keys finds out that it is back.
  for (const name of names) {
    await pool.get(name)
    if (events.length === 2) break
  }
  await setAll(names)
  assert.is(await only().statistic('curr_items'), shares[0], 'it has its own keys again')
})

test('too large a value is not stored in memcached', async () => {
  await start(1)
  await pool.set('large', 'x'.repeat(1_000_000), 300)
  assert.is((await pool.get('large'))?.length, 1_000_000)
  await pool.set('larger', 'x'.repeat(1_000_001), 300)
  assert.is(await pool.get('larger'), undefined)
  assert.equal(events, [], 'the server is not given up')
})

test('unused memcached connections are closed', async () => {
  await start(1)
  open([only().address], { unusedTimeoutMs: 100 })
  await setAll(keys(100))
  const deadline = performance.now() + 60_000
  while ((await only().statistic('curr_connections')) > 2) {
    assert.ok(performance.now() < deadline, 'they are still there')
    await delay(20)
  }
  assert.is(await countFound(keys(100)), 100)
})

test('a server that is no memcached counts as down', async () => {
  const answers = [
    'constructor\r\n',
    'VALUE a 0 99999999999999\r\n',
    'VALUE a 0 x\r\n',
    'VALUE tokens/b 0 1\r\nx\r\nEND\r\nEND\r\nVALUE z 0 1\r\nx\r\n',
    'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n',
    '\r\n\r\n\0',
  ]
  for (const answer of answers) {
    const impostor = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', () => socket.write(answer))
    })
    impostor.listen(0, '127.0.0.1')
    await once(impostor, 'listening')
    open([`127.0.0.1:${portOf(impostor)}`])
    for (let n = 0; n < 3; n++) {
      const took = await timeMs(async () => assert.is(await pool.get('a'), undefined))
      assert.ok(took < 2 * TIMEOUT_MS, String(took))
    }
    pool.close()
    impostor.close()
    await once(impostor, 'close')
  }
})

test.run()
