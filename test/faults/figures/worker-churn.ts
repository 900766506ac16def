import { setTimeout as delay } from 'node:timers/promises'
import { type Service, sendSignal, untilReplaced } from '../../support/service.ts'
import { type Figure, type FigureOptions, limitMs, type Measured } from '../figure.ts'
import { withCassandra, withService } from '../figure-service.ts'
import { killWorkers } from '../kill-workers.ts'
import { underLoad } from '../lanes.ts'
import { startProbe } from '../probe.ts'
import { openLanes, verified, type WritingLane } from '../writing-lane.ts'

const LANES = 8
const WORKERS = 4
const KILLS = 20
const KILLS_SHORT = 3
const KILL_INTERVAL_MS = 2_000
const KILL_INTERVAL_MS_SHORT = 700
const RESTARTS = 8
const RESTARTS_SHORT = 3
const RESPAWN_MS_MAX = 1_000
const SILENCE_MS_MAX = 1_000
/** Milliseconds of load without restarts, to measure how long the port is silent on this
 * machine. */
const CALM_MS = 5_000
const CALM_MS_SHORT = 1_000

/** Workers are killed and restarted under load on kept connections. */
export const WORKER_CHURN_LMDB: Figure = {
  name: '14-lmdb',
  shows: 'requests that fail when workers on LMDB are asked to end',
  controls: ['undrained-exit'],
  measure: (options) =>
    withService({ DEFAULT: { workers: WORKERS } }, options, (service) => measure(service, options)),
}

export const WORKER_CHURN_CASSANDRA: Figure = {
  name: '14-cassandra',
  shows: 'requests that fail when workers on Cassandra are asked to end',
  controls: ['undrained-exit'],
  measure: (options) =>
    withCassandra({ nodes: 1, services: 1, workers: WORKERS }, options, ([service]) =>
      measure(service, options),
    ),
}

async function measure(service: Service, options: FigureOptions): Promise<Measured> {
  const { short, random } = options
  const lanes = await openLanes(service, LANES, random)
  const kills = short ? KILLS_SHORT : KILLS
  const intervalMs = short ? KILL_INTERVAL_MS_SHORT : KILL_INTERVAL_MS
  const calm = await under(service, lanes, () => delay(short ? CALM_MS_SHORT : CALM_MS))
  const killed = await under(service, lanes, () =>
    killWorkers([service], kills, intervalMs, options),
  )
  const restarted = await under(service, lanes, () => restart(service, options))
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
  const silenceMs = {
    calm: calm.probed.longestMs,
    killed: killed.probed.longestMs,
    restarted: restarted.probed.longestMs,
  }
  for (const [when, longest] of Object.entries(silenceMs)) {
    if (longest > silenceMsMax) faults.push(`${when}: the port was silent for ${longest} ms`)
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
      ...{ restarts: restarted.outcome, allKilledMs, acknowledged: found.acknowledged },
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
  const probe = startProbe(service.url)
  try {
    const outcome = await underLoad(lanes, write, churn)
    return { outcome, probed: await probe.end(), failed }
  } finally {
    await probe.end()
  }
}

/** Kills all workers. Returns how long a connection then waits for its response. */
async function killAll(service: Service): Promise<number> {
  for (const pid of service.workers()) sendSignal(pid, 'SIGKILL')
  const since = performance.now()
  const answer = await fetch(`${service.url}/healthcheck`)
  await answer.arrayBuffer()
  return Math.round(performance.now() - since)
}

/** Restarts each worker in turn, as an operator would do it. Returns the number of restarts. */
async function restart(service: Service, { short, signal }: FigureOptions): Promise<number> {
  const restarts = short ? RESTARTS_SHORT : RESTARTS
  for (let done = 0; done < restarts; done++) {
    await delay(KILL_INTERVAL_MS_SHORT, undefined, { signal })
    const [oldest = 0] = service.workers()
    sendSignal(oldest, 'SIGTERM')
    await untilReplaced(service, oldest, WORKERS)
  }
  return restarts
}
