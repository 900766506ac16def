import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import { promisify } from 'node:util'
import { scheduledTime } from '../../scheduled-time.ts'
import { below } from '../../support/at-once.ts'
import { type Figure, violated } from '../figure.ts'
import { onStorage } from '../figure-service.ts'
import { type OpenLoop, withOpenLoop } from '../open-loop.ts'
import { fillPartition, GET, writtenKey } from '../written-item.ts'

const execute = promisify(execFile)
const CONNECTIONS = 512
const BUSY_LOOPS = 4
/** The service's niceness values, ascending, because only root can lower them. */
const NICENESSES = [0, 19]
/** Seconds at each niceness. */
const SECONDS = 20
const SECONDS_SHORT = 4

/**
 * Clients that wait for each response read from a service that gets almost no CPU. The number of
 * responses depends on the machine, but none of them may be a refusal.
 */
export const CROWDED_MACHINE: Figure = {
  name: 'crowded',
  shows: `refusals of ${CONNECTIONS} patient clients on a crowded machine`,
  measure: onStorage('lmdb', { workers: 1 }, async (service, { short }) => {
    await fillPartition(service.client(), 'crowded', 1)
    const key = writtenKey('crowded', 'key-0')
    const [worker = 0] = service.workers()
    const seconds = short ? SECONDS_SHORT : SECONDS
    const crowded: Crowded[] = []
    const asked = { path: GET, body: JSON.stringify({ key }) }
    await withOpenLoop(service.port, asked, CONNECTIONS, async (load) => {
      for (const niceness of NICENESSES) {
        setNiceness(worker, niceness)
        crowded.push(await measureCrowded(load, worker, seconds))
      }
    })
    const sum = (key: 'served' | 'refused' | 'broken') =>
      crowded.reduce((total, each) => total + each[key], 0)
    const [served, refused, broken] = [sum('served'), sum('refused'), sum('broken')]
    return {
      value: refused,
      target: '0 refused, however little CPU the machine gives the service',
      faults: violated({
        [`${refused} of ${refused + served} were refused`]: refused > 0,
        [`${broken} answers of another status`]: broken > 0,
        'none was served': served === 0,
      }),
      detail: { niceness: NICENESSES, crowded },
    }
  }),
}

type Crowded = Awaited<ReturnType<typeof measureCrowded>>

async function measureCrowded(load: OpenLoop, worker: number, seconds: number) {
  const end = new AbortController()
  const busy = below(BUSY_LOOPS).map(() => keepBusy(seconds, end.signal))
  try {
    const before = scheduledTime(worker)
    const arrivals = await load.saturate(CONNECTIONS, seconds)
    const { ranMs, waitedMs } = scheduledTime(worker)
    // A request that still waits for its response has an infinite latency.
    const ended = arrivals.filter(({ latencyMs }) => Number.isFinite(latencyMs))
    const count = (wanted: number) => ended.filter(({ status }) => status === wanted).length
    const [served, refused] = [count(200), count(503)]
    const broken = ended.length - served - refused
    const time = { ranMs: ranMs - before.ranMs, waitedForCpuMs: waitedMs - before.waitedMs }
    return { served, refused, broken, ...time }
  } finally {
    end.abort()
    await Promise.all(busy)
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
