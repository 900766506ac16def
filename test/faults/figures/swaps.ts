import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Figure, PlantedBug } from '../figure.ts'
import { withCassandra, withServices } from '../figure-service.ts'
import { killWorkers } from '../kill-workers.ts'
import { measureSwaps } from '../swaps/swap-load.ts'

const WORKERS = 2
const KILL_INTERVAL_MS = 1_000
const CONTROLS: PlantedBug[] = ['dropped-acknowledgement', 'flipped-acknowledgement', 'stale-read']

/** Two services on one database, whose workers are killed. */
export const SWAPS_LMDB: Figure = {
  name: '2-lmdb',
  shows: 'conditional writes on LMDB that no single register could have shown',
  controls: CONTROLS,
  measure(options) {
    const { short, folder } = options
    const config = { DEFAULT: { workers: WORKERS }, lmdb: { path: join(folder, 'lmdb') } }
    return withServices(2, config, options, (services) =>
      measureSwaps(services, short ? 1_500 : 40_000, options, async () => {
        await killWorkers(
          services,
          { kills: short ? 2 : 12, intervalMs: KILL_INTERVAL_MS },
          options,
        )
      }),
    )
  },
}

const NODES = 3
const WARM_UP_MS = 5_000
const NODE_DOWN_MS = 5_000
const NODE_PAUSED_MS = 3_000

/** Two services on three nodes: workers and a node are killed, and a node is paused. */
export const SWAPS_CASSANDRA: Figure = {
  name: '2-cassandra',
  shows: 'conditional writes on Cassandra that no single register could have shown',
  controls: CONTROLS,
  measure(options) {
    const { short, random, signal } = options
    const pause = (milliseconds: number) => delay(milliseconds, undefined, { signal })
    const wanted = {
      nodes: short ? 1 : NODES,
      services: 2,
      section: { workers: short ? 1 : WORKERS },
    }
    return withCassandra(wanted, options, (services, nodes) =>
      measureSwaps(services, short ? 600 : 20_000, options, async () => {
        await killWorkers(services, { kills: short ? 1 : 4, intervalMs: KILL_INTERVAL_MS }, options)
        const paused = random.pick(nodes)
        await paused.pause()
        await pause(NODE_PAUSED_MS)
        paused.resume()
        if (short) return
        await pause(WARM_UP_MS)
        const victim = random.pick(nodes)
        await victim.kill()
        await pause(NODE_DOWN_MS)
        await victim.start()
      }),
    )
  },
}
