import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../../support/ask.ts'
import { type Service, sendSignal } from '../../support/service.ts'
import { type Figure, limitMs, violated } from '../figure.ts'
import { onStorage } from '../figure-service.ts'
import { killWorkers } from '../kill-workers.ts'
import { underLoad } from '../lanes.ts'
import { openLanes, verified, type WritingLane } from '../writing-lane.ts'

const LANES = 8
const WORKERS = 4
const FULL = { kills: 20, intervalMs: 2_000, restarts: 8, calmMs: 5_000 }
const SHORT: typeof FULL = { kills: 3, intervalMs: 700, restarts: 3, calmMs: 1_000 }
const RESTARTS = { intervalMs: 700, name: 'SIGTERM' } as const
const PROBE_INTERVAL_MS = 20
const RESPAWN_MS_MAX = 1_000
const SILENCE_MS_MAX = 1_000

/** Workers are killed and restarted under load on kept connections. */
function workerChurn(storage: string, name: string): Figure {
  return {
    name: `14-${storage}`,
    shows: `requests that fail when workers on ${name} are asked to end`,
    controls: ['undrained-exit'],
    measure: onStorage(storage, { workers: WORKERS }, async (service, options) => {
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
      const respawnMs = Math.round(Math.max(...killed.outcome))
      const respawnMsMax = limitMs(RESPAWN_MS_MAX, options)
      const silenceMsMax = limitMs(SILENCE_MS_MAX, options) + calm.silenceMs
      const silent = Object.entries({ calm, killed, restarted })
        .filter(([, { silenceMs }]) => silenceMs > silenceMsMax)
        .map(([when, { silenceMs }]) => `${when}: the port was silent for ${silenceMs} ms`)
      const failed = calm.failed + restarted.failed
      // A killed worker breaks the probe's connection if it has accepted it.
      const cutOff = killed.failures.length
      const most = kills * LANES
      const { faults, acknowledged } = await verified(lanes)
      return {
        value: failed,
        target: `0 failed at SIGTERM, respawn <= ${respawnMsMax} ms, silence <= ${silenceMsMax} ms`,
        faults: [
          ...killed.failures.filter((failure) => failure.includes('ECONNREFUSED')),
          ...[...calm.failures, ...restarted.failures, ...silent],
          ...violated({
            [`${cutOff} of the probe's requests failed`]: cutOff > kills,
            [`a worker was away for ${respawnMs} ms`]: respawnMs > respawnMsMax,
            [`${failed} requests failed without a kill`]: failed > 0,
            [`${killed.failed} requests failed of ${most} under way`]: killed.failed > most,
          }),
          ...faults,
        ],
        detail: { calm, killed, restarted, kills, restarts, respawnMs, allKilledMs, acknowledged },
      }
    }),
  }
}

export const WORKER_CHURN_LMDB = workerChurn('lmdb', 'LMDB')
export const WORKER_CHURN_CASSANDRA = workerChurn('cassandra', 'Cassandra')

/** Runs `churn`, and returns its result with what clients and a probe, which sends each request on
 * a new connection, have seen. `silenceMs` is the longest time without a response to the probe. */
async function under<T>(service: Service, lanes: readonly WritingLane[], churn: () => Promise<T>) {
  let [failed, longestMs, answeredAt] = [0, 0, performance.now()]
  const failures: string[] = []
  const probe = async () => {
    try {
      const { status } = await ask(`${service.url}/healthcheck`)
      if (status !== 200) throw new Error(`status ${status}`)
      longestMs = Math.max(longestMs, performance.now() - answeredAt)
      answeredAt = performance.now()
    } catch (error) {
      failures.push(String(error))
    }
    await delay(PROBE_INTERVAL_MS)
    return true
  }
  const writes = lanes.map((lane) => async () => {
    const isDone = await lane.write()
    if (!isDone) failed++
    return isDone
  })
  const outcome = await underLoad([probe, ...writes], (step) => step(), churn)
  return { outcome, failed, failures, silenceMs: Math.round(longestMs) }
}

/** Kills all workers. Returns how long a connection then waits for its response. */
async function killAll(service: Service): Promise<number> {
  for (const pid of service.workers()) sendSignal(pid, 'SIGKILL')
  const since = performance.now()
  await ask(`${service.url}/healthcheck`)
  return Math.round(performance.now() - since)
}
