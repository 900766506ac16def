import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import { promisify } from 'node:util'
import { scheduledTime } from '../../scheduled-time.ts'
import { below } from '../../support/at-once.ts'
import type { Figure, Measured } from '../figure.ts'
import { withService } from '../figure-service.ts'
import { type Arrival, OpenLoop } from '../open-loop.ts'
import { GET, PUT, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

const execute = promisify(execFile)
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

type Crowded = Awaited<ReturnType<typeof measureCrowded>>

async function measureCrowded(load: OpenLoop, worker: number, seconds: number) {
  const end = new AbortController()
  const busy = below(BUSY_LOOPS).map(() => keepBusy(seconds, end.signal))
  try {
    const before = scheduledTime(worker)
    const arrivals = await load.saturate(CONNECTIONS, seconds)
    const after = scheduledTime(worker)
    const since = (key: 'ranMs' | 'waitedMs') => Math.round(after[key] - before[key])
    return { arrivals, ranMs: since('ranMs'), waitedMs: since('waitedMs') }
  } finally {
    end.abort()
    await Promise.all(busy)
  }
}

function judged(crowded: readonly Crowded[]): Measured {
  const count = (arrivals: readonly Arrival[], wanted: number) =>
    arrivals.filter(({ status }) => status === wanted).length
  const arrivals = crowded.flatMap((each) => each.arrivals)
  const refused = count(arrivals, UNAVAILABLE)
  const served = count(arrivals, 200)
  // A request that still waits for its response has an infinite latency.
  const ended = arrivals.filter(({ latencyMs }) => Number.isFinite(latencyMs))
  const broken = ended.filter(({ status }) => status !== 200 && status !== UNAVAILABLE)
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
      served: crowded.map((each) => count(each.arrivals, 200)),
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
async function keepBusy(seconds: number, signal: AbortSignal): Promise<void> {
  const loop = `const end = Date.now() + ${1_000 * seconds}; while (Date.now() < end);`
  await execute(process.execPath, ['-e', loop], { signal, killSignal: 'SIGKILL' }).catch(() => {})
}
