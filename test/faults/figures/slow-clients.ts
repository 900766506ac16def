import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { stopwatch } from '../../scheduled-time.ts'
import { ANYBODY } from '../../support/http-client.ts'
import type { Service } from '../../support/service.ts'
import { startCanary } from '../canary.ts'
import { type Figure, type FigureOptions, limitMs, type Measured } from '../figure.ts'
import { withService } from '../figure-service.ts'
import { PUT, WRITTEN_TABLE, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

const ATTACKERS = { headers: 2_000, bodies: 500, readers: 50 }
const ATTACKERS_SHORT = { headers: 200, bodies: 50, readers: 10 }
const BASELINE_SECONDS = 3
const BASELINE_SECONDS_SHORT = 1
const CUT_SECONDS_MAX = 15
/** For a busy machine; less than the time limit of a whole body (30 s) or response (60 s). */
const CUT_SECONDS_MAX_SHORT = 28
const DRIP_MS = 2_000
const CONNECTING_MS = 2_000
const POLL_MS = 200
/** File descriptors of the canary: one connection. */
const CANARY_FILES = 1
/** Items with more text than the kernel buffers for a connection that is not read. */
const ITEMS = 8
const ITEM_TEXT = '"'.repeat(130_000)
const REQUESTS_PER_READER = 12
const SLOWER_TIMES_MAX = 2
/** Share of requests that may be refused: the readers' scans arrive at once, and are more than
 * there is time for. Short runs, on a busy machine, do not check it. */
const SHED_SHARE_MAX = 0.02
/** The readers' first scans, each of 2 MB of text, keep the process busy for half a second. */
const P99_MS_MIN = 100

const { projectId, token } = ANYBODY
const HEAD = `Host: localhost\r\nX-Auth-Token: ${token}\r\n`
const TABLE = `/v1/data/${projectId}/tables/${WRITTEN_TABLE}`

/** Clients that hold connections by sending or reading almost nothing. */
export const SLOW_CLIENTS: Figure = {
  name: '9',
  shows: 'slow client that stays or hinders others',
  controls: [],
  measure: (options) =>
    withService({ DEFAULT: { workers: 1 } }, options, (service) => measure(service, options)),
}

async function measure(service: Service, options: FigureOptions): Promise<Measured> {
  const { short } = options
  const cutSecondsMax = short ? CUT_SECONDS_MAX_SHORT : CUT_SECONDS_MAX
  const client = service.client()
  await client.done('tables', WRITTEN_TABLE_BODY)
  for (let i = 0; i < ITEMS; i++) {
    await client.done(PUT, { item: { ...writtenKey('slow', `${i}`), text: { S: ITEM_TEXT } } })
  }
  const endAlone = await startCanary(service, 'alone')
  await delay((short ? BASELINE_SECONDS_SHORT : BASELINE_SECONDS) * 1_000)
  const alone = await endAlone()
  const before = openFiles(service)
  const endAttacked = await startCanary(service)
  const attackers = short ? ATTACKERS_SHORT : ATTACKERS
  const sockets = attack(service.port, attackers)
  const { seconds, left } = await untilCut(service, before, cutSecondsMax).finally(() => {
    for (const socket of sockets) socket.destroy()
  })
  const attacked = await endAttacked()
  const faults: string[] = []
  const wrong = alone.wrong + alone.shed + attacked.wrong
  if (wrong > 0) faults.push(`${wrong} reads of others went wrong`)
  const isShed = !short && attacked.shed > SHED_SHARE_MAX * attacked.reads
  if (isShed) faults.push(`${attacked.shed} reads of others were refused`)
  const p99Max = limitMs(Math.max(SLOWER_TIMES_MAX * alone.p99Ms, P99_MS_MIN), options)
  if (attacked.p99Ms > p99Max) faults.push(`p99 of others ${attacked.p99Ms} ms`)
  if (left > 0) faults.push(`${left} attackers still have a connection after ${seconds} s`)
  return {
    value: left,
    target: `all cut within ${cutSecondsMax} s, others served within ${p99Max} ms`,
    faults,
    detail: {
      ...{ ...attackers, cutSeconds: seconds, p99AloneMs: alone.p99Ms },
      ...{ p99AttackedMs: attacked.p99Ms, reads: attacked.reads, readsRefused: attacked.shed },
    },
  }
}

function attack(port: number, { headers, bodies, readers }: typeof ATTACKERS): readonly Socket[] {
  const sockets: Socket[] = []
  const start = (text: string, dripMs: number | undefined) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    sockets.push(socket)
    // Always followed by `close`.
    socket.on('error', () => {})
    if (dripMs === undefined) return socket
    const dripping = setInterval(() => socket.write('a'), dripMs)
    socket.on('close', () => clearInterval(dripping))
    return socket
  }
  for (let i = 0; i < headers; i++) start(`GET ${TABLE} HTTP/1.1\r\n${HEAD}X-A: `, DRIP_MS).resume()
  const put = `POST ${TABLE}/put_item HTTP/1.1\r\n${HEAD}Content-Length: 100000\r\n\r\n{`
  // The client stops sending, so the idle limit applies.
  for (let i = 0; i < bodies; i++) start(put, undefined).resume()
  const scan = `POST ${TABLE}/scan HTTP/1.1\r\n${HEAD}Content-Length: 2\r\n\r\n{}`
  for (let i = 0; i < readers; i++) start(scan.repeat(REQUESTS_PER_READER), undefined).pause()
  return sockets
}

/** Waits until the service has no more connections than before. Returns the time without waits for
 * a CPU, and the number of connections that remain. */
async function untilCut(service: Service, before: number, secondsMax: number) {
  const watch = stopwatch(...service.workers())
  await delay(CONNECTING_MS)
  for (;;) {
    const left = openFiles(service) - before - CANARY_FILES
    const seconds = Math.round(watch() / 100) / 10
    if (left <= 0 || seconds > secondsMax) return { seconds, left: Math.max(left, 0) }
    await delay(POLL_MS)
  }
}

function openFiles(service: Service): number {
  return service.workers().reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0)
}
