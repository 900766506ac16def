import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import { scheduledTime } from '../../scheduled-time.ts'
import type { Figure, Measured } from '../figure.ts'
import { withService } from '../figure-service.ts'
import { type Arrival, OpenLoop } from '../open-loop.ts'
import { GET, PUT, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

const CONNECTIONS = 512
const BUSY_LOOPS = 4
/** The service's niceness values, ascending, because only root can lower them. */
const NICENESSES = [0, 19]
/** Seconds at each niceness. */
const SECONDS = 20
const SECONDS_SHORT = 4
const UNAVAILABLE = 503

/**
 * Clients that wait for each response read from a service that gets almost no CPU. The number of
 * responses depends on the machine, but none of them may be a refusal.
 */
export const CROWDED_MACHINE: Figure = {
  name: 'crowded',
  shows: `refusals of ${CONNECTIONS} patient clients on a crowded machine`,
  controls: [],
  measure: (options) =>
    withService({ DEFAULT: { workers: 1 } }, options, async (service) => {
      const client = service.client()
      const key = writtenKey('crowded', 'key')
      await client.done('tables', WRITTEN_TABLE_BODY)
      await client.done(PUT, { item: { ...key, rank: { N: '1' } } })
      const load = await OpenLoop.open(service.port, GET, { key }, CONNECTIONS)
      const [worker = 0] = service.workers()
      const crowded: Crowded[] = []
      try {
        for (const niceness of NICENESSES) {
          setNiceness(worker, niceness)
          const seconds = options.short ? SECONDS_SHORT : SECONDS
          crowded.push(await measureCrowded(load, worker, seconds))
        }
      } finally {
        load.close()
      }
      return judged(crowded)
    }),
}

interface Crowded {
  readonly arrivals: readonly Arrival[]
  /** The time that the service ran and, below, waited for a CPU. */
  readonly ranMs: number
  readonly waitedMs: number
}

async function measureCrowded(load: OpenLoop, worker: number, seconds: number): Promise<Crowded> {
  const busy = Array.from({ length: BUSY_LOOPS }, () => startBusyLoop(seconds))
  try {
    const before = scheduledTime(worker)
    const arrivals = await load.saturate(CONNECTIONS, seconds)
    const after = scheduledTime(worker)
    const since = (key: 'ranMs' | 'waitedMs') => Math.round(after[key] - before[key])
    return { arrivals, ranMs: since('ranMs'), waitedMs: since('waitedMs') }
  } finally {
    for (const loop of busy) await stop(loop)
  }
}

function judged(crowded: readonly Crowded[]): Measured {
  const servedOf = (arrivals: readonly Arrival[]) =>
    arrivals.filter(({ status }) => status === 200).length
  const arrivals = crowded.flatMap((each) => each.arrivals)
  const refused = arrivals.filter(({ status }) => status === UNAVAILABLE).length
  const served = servedOf(arrivals)
  const broken = arrivals.filter(
    ({ status, latencyMs }) =>
      // A request that still waits for its response has an infinite latency.
      status !== 200 && status !== UNAVAILABLE && Number.isFinite(latencyMs),
  )
  const faults: string[] = []
  if (refused > 0) faults.push(`${refused} of ${refused + served} were refused`)
  if (broken.length > 0) faults.push(`${broken.length} answers of status ${broken[0]?.status}`)
  if (served === 0) faults.push('none was served')
  return {
    value: refused,
    target: '0 refused, however little CPU the machine gives the service',
    faults,
    detail: {
      niceness: NICENESSES,
      served: crowded.map((each) => servedOf(each.arrivals)),
      ranMs: crowded.map(({ ranMs }) => ranMs),
      waitedForCpuMs: crowded.map(({ waitedMs }) => waitedMs),
    },
  }
}

/** Sets it for each thread, because priorities belong to threads. */
function setNiceness(pid: number, niceness: number): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), niceness)
}

/** The loop ends by itself after these seconds, in case this process cannot end it. */
function startBusyLoop(seconds: number): ChildProcess {
  const loop = `const end = Date.now() + ${1_000 * seconds}; while (Date.now() < end);`
  return spawn(process.execPath, ['-e', loop], { stdio: 'ignore' })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
