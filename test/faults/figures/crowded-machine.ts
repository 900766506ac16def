import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import { FaultedService } from '../faulted-service.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { HttpClient } from '../http-client.ts'
import { OpenLoop } from '../open-loop.ts'
import { postBytes } from '../raw-request.ts'
import { WRITTEN_TABLE, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'
import { scheduledTime } from './scheduled-time.ts'

const CONNECTIONS = 512
const BUSY_LOOPS = 4
const NICE = 19
const SECONDS = 30
const SECONDS_SHORT = 6
const UNAVAILABLE = 503

/**
 * Clients that each wait for their answer read from a service that gets next to no CPU. How many
 * answers come is the machine's doing; none may be a refusal.
 */
export const CROWDED_MACHINE: Figure = {
  name: 'crowded',
  shows: `refusals of ${CONNECTIONS} waiting clients at nice ${NICE}, ${BUSY_LOOPS} busy loops beside`,
  controls: [],
  measure,
}

async function measure({ folder, short, bug }: FigureOptions): Promise<Measured> {
  const seconds = short ? SECONDS_SHORT : SECONDS
  const service = await FaultedService.start({ config: { DEFAULT: { workers: 1 } }, folder, bug })
  const client = new HttpClient(service.url)
  const busy: ChildProcess[] = []
  let load: OpenLoop | undefined
  try {
    await client.done('tables', WRITTEN_TABLE_BODY)
    const key = writtenKey('crowded', 'key')
    await client.done(`tables/${WRITTEN_TABLE}/put_item`, { item: { ...key, rank: { N: '1' } } })
    const getItem = postBytes(`tables/${WRITTEN_TABLE}/get_item`, { key })
    load = await OpenLoop.open(Number(new URL(service.url).port), getItem, CONNECTIONS)
    const [worker = 0] = service.workers()
    beNice(worker)
    for (let i = 0; i < BUSY_LOOPS; i++) busy.push(startBusyLoop(seconds))
    const before = scheduledTime(worker)
    const arrivals = await load.saturate(CONNECTIONS, seconds)
    const after = scheduledTime(worker)
    const refused = arrivals.filter(({ status }) => status === UNAVAILABLE).length
    const served = arrivals.filter(({ status }) => status === 200).length
    // Who has no answer yet still waits; his latency is infinite.
    const others = arrivals.filter(
      ({ status, latencyMs }) =>
        status !== 200 && status !== UNAVAILABLE && Number.isFinite(latencyMs),
    )
    const faults: string[] = []
    if (refused > 0) faults.push(`${refused} of ${refused + served} were refused`)
    if (others.length > 0) faults.push(`${others.length} answers of status ${others[0]?.status}`)
    if (served === 0) faults.push('none was served')
    return {
      value: refused,
      target: '0 refused, however little CPU the machine gives the service',
      faults,
      detail: {
        served,
        loadSeconds: seconds,
        cpuMs: Math.round(after.ranMs - before.ranMs),
        waitedForCpuMs: Math.round(after.waitedMs - before.waitedMs),
      },
    }
  } finally {
    for (const loop of busy) await stop(loop)
    load?.close()
    client.close()
    await service.stop()
  }
}

/** Each thread has a priority of its own. */
function beNice(pid: number): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), NICE)
}

/** It ends by itself, should nobody be there to end it. */
function startBusyLoop(seconds: number): ChildProcess {
  const loop = `const end = performance.now() + ${1_000 * seconds}; while (performance.now() < end);`
  return spawn(process.execPath, ['-e', loop], { stdio: 'ignore' })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
