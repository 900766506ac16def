import { setTimeout as delay } from 'node:timers/promises'
import { withCassandra } from '../cassandra-services.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { killWorkers } from '../kill-workers.ts'
import { measureSwaps } from '../swaps/swap-load.ts'

const NODES = 3
const WORKERS = 2
const KILLS = 4
const KILLS_SHORT = 1
const OPERATIONS = 20_000
const OPERATIONS_SHORT = 600
const WARM_UP_MS = 5_000
const NODE_DOWN_MS = 5_000
const NODE_PAUSED_MS = 3_000

/** Two services on three nodes: workers and a node are killed, a node stands still. */
export const SWAPS_CASSANDRA: Figure = {
  name: '2-cassandra',
  shows: 'conditional writes on Cassandra that no single register could have shown',
  controls: ['dropped-acknowledgement', 'flipped-acknowledgement', 'stale-read'],
  measure,
}

async function measure(options: FigureOptions): Promise<Measured> {
  const { short, random, signal } = options
  const wanted = { nodes: short ? 1 : NODES, services: 2, workers: short ? 1 : WORKERS }
  return withCassandra(wanted, options, ({ nodes, services }) =>
    measureSwaps(services, short ? OPERATIONS_SHORT : OPERATIONS, options, async () => {
      const pause = (milliseconds: number) => delay(milliseconds, undefined, { signal })
      await killWorkers(services, short ? KILLS_SHORT : KILLS, options)
      const paused = random.pick(nodes)
      paused.pause()
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
}
