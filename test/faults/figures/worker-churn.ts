import { setTimeout as delay } from 'node:timers/promises'
import { withCassandra } from '../cassandra-services.ts'
import { FaultedService, sendSignal, untilReplaced } from '../faulted-service.ts'
import { type Figure, type FigureOptions, limitMs, type Measured } from '../figure.ts'
import { HttpClient } from '../http-client.ts'
import { startLoad } from '../lanes.ts'
import { startProbe } from '../probe.ts'
import { COUNTS_TABLE_BODY, WritingLane } from '../writing-lane.ts'
import { WRITTEN_TABLE_BODY } from '../written-item.ts'

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
/** Load without churn, to see how long the port is silent because the machine is busy. */
const CALM_MS = 5_000
const CALM_MS_SHORT = 1_000

/** Workers are killed and restarted under load on kept connections. */
export const WORKER_CHURN_LMDB: Figure = {
  name: '14-lmdb',
  shows: 'requests that fail when workers on LMDB are asked to end',
  controls: ['undrained-exit'],
  async measure(options) {
    const { folder, bug } = options
    const config = { DEFAULT: { workers: WORKERS } }
    const service = await FaultedService.start({ config, folder, bug })
    try {
      return await measure(service, options)
    } finally {
      await service.stop()
    }
  },
}

export const WORKER_CHURN_CASSANDRA: Figure = {
  name: '14-cassandra',
  shows: 'requests that fail when workers on Cassandra are asked to end',
  controls: ['undrained-exit'],
  measure(options) {
    const wanted = { nodes: 1, services: 1, workers: WORKERS }
    return withCassandra(wanted, options, ({ services: [service] }) => {
      if (service === undefined) throw new Error('there is no service')
      return measure(service, options)
    })
  },
}

async function measure(service: FaultedService, options: FigureOptions): Promise<Measured> {
  const { random } = options
  const clients = Array.from({ length: LANES }, () => new HttpClient(service.url))
  const lanes = clients.map((client, i) => new WritingLane(`lane-${i}`, client, random))
  try {
    await clients[0]?.done('tables', WRITTEN_TABLE_BODY)
    await clients[0]?.done('tables', COUNTS_TABLE_BODY)
    const calmMs = options.short ? CALM_MS_SHORT : CALM_MS
    const calm = await under(service, lanes, () => delay(calmMs))
    const killed = await under(service, lanes, () => kill(service, options))
    const restarted = await under(service, lanes, () => restart(service, options))
    const allKilledMs = await killAll(service)
    // A killed worker takes the probe's connection with it when it has accepted it.
    const cutOff = killed.probed.failures.length
    const faults = killed.probed.failures.filter((failure) => failure.includes('ECONNREFUSED'))
    if (cutOff > killed.outcome.length) faults.push(`${cutOff} of the probe's requests failed`)
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
    const most = killed.outcome.length * LANES
    if (killed.failed > most) faults.push(`${killed.failed} requests failed of ${most} under way`)
    for (const lane of lanes) faults.push(...(await lane.verify()))
    return {
      value: failed,
      target: `0 failed at SIGTERM, respawn <= ${respawnMsMax} ms, silence <= ${silenceMsMax} ms`,
      faults,
      detail: {
        kills: killed.outcome.length,
        respawnMs,
        silenceMs,
        failedAtKills: killed.failed + cutOff,
        restarts: restarted.outcome.length,
        allKilledMs,
        acknowledged: lanes.reduce((sum, lane) => sum + lane.acknowledged, 0),
      },
    }
  } finally {
    for (const client of clients) client.close()
  }
}

/** What `churn` gives, and what clients and a probe see meanwhile. */
async function under<T>(
  service: FaultedService,
  lanes: readonly WritingLane[],
  churn: () => Promise<T>,
) {
  let failed = 0
  const load = startLoad(lanes, async (lane) => {
    const isDone = await lane.write()
    if (!isDone) failed++
    return isDone
  })
  const probe = startProbe(service.url)
  try {
    const outcome = await churn()
    return { outcome, probed: await probe.end(), failed }
  } finally {
    await load.end()
    await probe.end()
  }
}

/** How long each was away. */
async function kill(service: FaultedService, { short, random, signal }: FigureOptions) {
  const away: number[] = []
  while (away.length < (short ? KILLS_SHORT : KILLS)) {
    await delay(short ? KILL_INTERVAL_MS_SHORT : KILL_INTERVAL_MS, undefined, { signal })
    const victim = random.pick(service.workers())
    sendSignal(victim, 'SIGKILL')
    away.push(await untilReplaced(service, victim, WORKERS))
  }
  return away
}

/** How long a connection waits for its answer when no worker is left. */
async function killAll(service: FaultedService): Promise<number> {
  for (const pid of service.workers()) sendSignal(pid, 'SIGKILL')
  const since = performance.now()
  const answer = await fetch(`${service.url}/healthcheck`)
  await answer.arrayBuffer()
  return Math.round(performance.now() - since)
}

/** Each worker in turn, as an operator would do it by hand. */
async function restart(service: FaultedService, { short, signal }: FigureOptions) {
  const away: number[] = []
  while (away.length < (short ? RESTARTS_SHORT : RESTARTS)) {
    await delay(KILL_INTERVAL_MS_SHORT, undefined, { signal })
    const [oldest = 0] = service.workers()
    sendSignal(oldest, 'SIGTERM')
    away.push(await untilReplaced(service, oldest, WORKERS))
  }
  return away
}
