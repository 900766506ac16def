import { setTimeout as delay } from 'node:timers/promises'
import { FaultedService, sendSignal, untilReplaced } from '../faulted-service.ts'
import { type Figure, type FigureOptions, limitMs, type Measured } from '../figure.ts'
import { HttpClient } from '../http-client.ts'
import { startLoad } from '../lanes.ts'
import { COUNTS_TABLE_BODY, WritingLane } from '../writing-lane.ts'
import { WRITTEN_TABLE_BODY } from '../written-item.ts'

const CYCLES = 200
const CYCLES_SHORT = 6
const LANES = 16
const WORKERS = 2
const KILL_AFTER_MS_MIN = 120
const KILL_AFTER_MS_MAX = 500
const REOPEN_MS_MAX = 2_000

/** The service is killed over and over while it writes. */
export const LOST_WRITES_LMDB: Figure = {
  name: '1',
  shows: 'acknowledged writes that LMDB loses when the service is killed',
  controls: ['early-acknowledgement'],
  measure,
}

async function measure(options: FigureOptions): Promise<Measured> {
  const { random, folder, bug } = options
  const cycles = options.short ? CYCLES_SHORT : CYCLES
  const config = { DEFAULT: { workers: WORKERS } }
  const service = await FaultedService.start({ config, folder, bug })
  const client = new HttpClient(service.url)
  const clients = Array.from({ length: LANES }, () => new HttpClient(service.url))
  const lanes = clients.map((own, i) => new WritingLane(`lane-${i}`, own, random))
  const faults: string[] = []
  const reopened: number[] = []
  try {
    await client.done('tables', WRITTEN_TABLE_BODY)
    await client.done('tables', COUNTS_TABLE_BODY)
    while (reopened.length < cycles && faults.length === 0) {
      options.signal.throwIfAborted()
      const load = startLoad(lanes, (lane) => lane.write())
      await pause(options)
      if (random.below(2) === 0) await killWorker(service, options)
      await pause(options)
      await service.kill()
      await load.end()
      reopened.push(await service.start())
      for (const lane of lanes) faults.push(...(await lane.verify()))
    }
  } finally {
    for (const each of [client, ...clients]) each.close()
    await service.kill()
  }
  const lost = faults.length
  const reopenMsMax = limitMs(REOPEN_MS_MAX, options)
  const slow = reopened.filter((milliseconds) => milliseconds > reopenMsMax).length
  if (slow > 0) faults.push(`${slow} times it took more than ${reopenMsMax} ms to serve again`)
  return {
    value: lost,
    target: `0 lost or torn in ${cycles} kills, serving again within ${reopenMsMax} ms`,
    faults,
    detail: {
      kills: reopened.length,
      acknowledged: lanes.reduce((sum, lane) => sum + lane.acknowledged, 0),
      unknown: lanes.reduce((sum, lane) => sum + lane.unknown, 0),
      servingAgainMs: {
        median: Math.round(median(reopened)),
        max: Math.round(Math.max(...reopened)),
      },
    },
  }
}

function pause({ random }: FigureOptions): Promise<void> {
  return delay(KILL_AFTER_MS_MIN + random.below(KILL_AFTER_MS_MAX - KILL_AFTER_MS_MIN))
}

async function killWorker(service: FaultedService, { random }: FigureOptions): Promise<void> {
  const workers = service.workers()
  if (workers.length === 0) return
  const victim = random.pick(workers)
  sendSignal(victim, 'SIGKILL')
  if (random.below(2) === 0) await untilReplaced(service, victim, WORKERS)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
