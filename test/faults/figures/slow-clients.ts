import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { stopwatch } from '../../scheduled-time.ts'
import { ANYBODY } from '../../support/http-client.ts'
import { rounded } from '../../support/quantile.ts'
import type { Service } from '../../support/service.ts'
import { startCanary } from '../canary.ts'
import { type Figure, limitMs, violated } from '../figure.ts'
import { onStorage } from '../figure-service.ts'
import { openFiles } from '../held.ts'
import { PUT, WRITTEN_TABLE, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

const FULL = { headers: 2_000, bodies: 500, readers: 50, baselineSeconds: 3, cutSecondsMax: 15 }
/** For a machine at anything; cut within less than the whole time of a body, 30 s, or of an answer,
 * 60 s. */
const SHORT: typeof FULL = {
  ...{ headers: 200, bodies: 50, readers: 10, baselineSeconds: 1, cutSecondsMax: 28 },
}
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

type Attackers = Pick<typeof FULL, 'headers' | 'bodies' | 'readers'>

/** Clients that hold connections by sending or reading almost nothing. */
export const SLOW_CLIENTS: Figure = {
  name: '9',
  shows: 'slow client that stays or hinders others',
  measure: onStorage('lmdb', { workers: 1 }, async (service, options) => {
    const { short } = options
    const { baselineSeconds, cutSecondsMax, ...attackers } = short ? SHORT : FULL
    const client = service.client()
    await client.done('tables', WRITTEN_TABLE_BODY)
    for (let i = 0; i < ITEMS; i++) {
      await client.done(PUT, { item: { ...writtenKey('slow', `${i}`), text: { S: ITEM_TEXT } } })
    }
    const endAlone = await startCanary(service, 'alone')
    await delay(baselineSeconds * 1_000)
    const alone = await endAlone()
    const before = openFiles(service.workers())
    const endAttacked = await startCanary(service)
    const sockets = attack(service.port, attackers)
    const { seconds, left } = await untilCut(service, before, cutSecondsMax).finally(() => {
      for (const socket of sockets) socket.destroy()
    })
    const attacked = await endAttacked()
    const wrong = alone.wrong + alone.shed + attacked.wrong
    const isShed = !short && attacked.shed > SHED_SHARE_MAX * attacked.reads
    const p99Max = limitMs(Math.max(SLOWER_TIMES_MAX * alone.p99Ms, P99_MS_MIN), options)
    return {
      value: left,
      target: `all cut within ${cutSecondsMax} s, others served within ${p99Max} ms`,
      faults: violated({
        [`${wrong} reads of others went wrong`]: wrong > 0,
        [`${attacked.shed} reads of others were refused`]: isShed,
        [`p99 of others ${attacked.p99Ms} ms`]: attacked.p99Ms > p99Max,
        [`${left} attackers still have a connection after ${seconds} s`]: left > 0,
      }),
      detail: {
        ...{ ...attackers, cutSeconds: seconds, p99AloneMs: alone.p99Ms },
        ...{ p99AttackedMs: attacked.p99Ms, reads: attacked.reads, readsRefused: attacked.shed },
      },
    }
  }),
}

function attack(port: number, { headers, bodies, readers }: Attackers): readonly Socket[] {
  const sockets: Socket[] = []
  const start = (text: string) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    sockets.push(socket)
    // Always followed by `close`.
    return socket.on('error', () => {})
  }
  for (let i = 0; i < headers; i++) {
    const socket = start(`GET ${TABLE} HTTP/1.1\r\n${HEAD}X-A: `).resume()
    const dripping = setInterval(() => socket.write('a'), DRIP_MS)
    socket.on('close', () => clearInterval(dripping))
  }
  const put = `POST ${TABLE}/put_item HTTP/1.1\r\n${HEAD}Content-Length: 100000\r\n\r\n{`
  // The client stops sending, so the idle limit applies.
  for (let i = 0; i < bodies; i++) start(put).resume()
  const scan = `POST ${TABLE}/scan HTTP/1.1\r\n${HEAD}Content-Length: 2\r\n\r\n{}`
  for (let i = 0; i < readers; i++) start(scan.repeat(REQUESTS_PER_READER)).pause()
  return sockets
}

/** Waits until the service has no more connections than before. Returns the time without waits for
 * a CPU, and the number of connections that remain. */
async function untilCut(service: Service, before: number, secondsMax: number) {
  const watch = stopwatch(...service.workers())
  await delay(CONNECTING_MS)
  const open = () => Math.max(0, openFiles(service.workers()) - before - CANARY_FILES)
  let left = open()
  while (left > 0 && watch() < secondsMax * 1_000) {
    await delay(POLL_MS)
    left = open()
  }
  return { seconds: rounded(watch() / 1_000), left }
}
