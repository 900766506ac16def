import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../../support/ask.ts'
import { type Service, sendSignal } from '../../support/service.ts'
import { type Figure, type FigureOptions, limitMs, type Measured } from '../figure.ts'
import { withStorage } from '../figure-service.ts'
import { killWorkers } from '../kill-workers.ts'
import { underLoad } from '../lanes.ts'
import { startProbe } from '../probe.ts'
import { openLanes, verified, type WritingLane } from '../writing-lane.ts'

const LANES = 8
const WORKERS = 4
const FULL = { kills: 20, intervalMs: 2_000, restarts: 8, calmMs: 5_000 }
const SHORT: typeof FULL = { kills: 3, intervalMs: 700, restarts: 3, calmMs: 1_000 }
const RESTARTS = { intervalMs: 700, name: 'SIGTERM' } as const
const RESPAWN_MS_MAX = 1_000
const SILENCE_MS_MAX = 1_000

/** Workers are killed and restarted under load on kept connections. */
function workerChurn(storage: string, name: string): Figure {
  return {
    name: `14-${storage}`,
    shows: `requests that fail when workers on ${name} are asked to end`,
    controls: ['undrained-exit'],
    measure: (options) =>
      withStorage(storage, { workers: WORKERS }, options, (service) => measure(service, options)),
  }
}

export const WORKER_CHURN_LMDB = workerChurn('lmdb', 'LMDB')
export const WORKER_CHURN_CASSANDRA = workerChurn('cassandra', 'Cassandra')

async function measure(service: Service, options: FigureOptions): Promise<Measured> {
  const { kills, intervalMs, restarts, calmMs } = options.short ? SHORT : FULL
  const lanes = await openLanes(service, LANES, options.random)
  // Load without churn shows how long the port is silent because the machine is busy.
  const calm = await under(service, lanes, () => delay(calmMs))
  const underKills = (how: Parameters<typeof killWorkers>[1]) =>
    under(service, lanes, () => killWorkers([service], how, options))
  const killed = await underKills({ kills, intervalMs })
  // As an operator would do it by hand.
  const restarted = await underKills({ kills: restarts, ...RESTARTS })
  const allKilledMs = await killAll(service)
  // A killed worker breaks the probe's connection if it has accepted it.
  const cutOff = killed.probed.failures.length
  const faults = killed.probed.failures.filter((failure) => failure.includes('ECONNREFUSED'))
  if (cutOff > kills) faults.push(`${cutOff} of the probe's requests failed`)
  faults.push(...calm.probed.failures, ...restarted.probed.failures)
  const respawnMsMax = limitMs(RESPAWN_MS_MAX, options)
  const respawnMs = Math.round(Math.max(...killed.outcome))
  if (respawnMs > respawnMsMax) faults.push(`a worker was away for ${respawnMs} ms`)
  const silenceMsMax = limitMs(SILENCE_MS_MAX, options) + calm.probed.longestMs
  const silenceMs: Record<string, number> = {}
  for (const [when, { probed }] of Object.entries({ calm, killed, restarted })) {
    silenceMs[when] = probed.longestMs
    if (probed.longestMs <= silenceMsMax) continue
    faults.push(`${when}: the port was silent for ${probed.longestMs} ms`)
  }
  const failed = calm.failed + restarted.failed
  if (failed > 0) faults.push(`${failed} requests failed without a kill`)
  const most = kills * LANES
  if (killed.failed > most) faults.push(`${killed.failed} requests failed of ${most} under way`)
  const found = await verified(lanes)
  return {
    value: failed,
    target: `0 failed at SIGTERM, respawn <= ${respawnMsMax} ms, silence <= ${silenceMsMax} ms`,
    faults: [...faults, ...found.faults],
    detail: {
      ...{ kills, respawnMs, silenceMs, failedAtKills: killed.failed + cutOff },
      ...{ restarts, allKilledMs, acknowledged: found.acknowledged },
    },
  }
}

/** Runs `churn`, and returns its result with what clients and a probe have seen. */
async function under<T>(service: Service, lanes: readonly WritingLane[], churn: () => Promise<T>) {
  let failed = 0
  const write = async (lane: WritingLane) => {
    const isDone = await lane.write()
    if (!isDone) failed++
    return isDone
  }
  const endProbe = startProbe(service.url)
  try {
    const outcome = await underLoad(lanes, write, churn)
    return { outcome, probed: await endProbe(), failed }
  } finally {
    await endProbe()
  }
}

/** Kills all workers. Returns how long a connection then waits for its response. */
async function killAll(service: Service): Promise<number> {
  for (const pid of service.workers()) sendSignal(pid, 'SIGKILL')
  const since = performance.now()
  await ask(`${service.url}/healthcheck`)
  return Math.round(performance.now() - since)
}
