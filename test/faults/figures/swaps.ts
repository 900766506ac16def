import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { HttpClient } from '../../support/http-client.ts'
import type { Service } from '../../support/service.ts'
import type { Figure, FigureOptions, Measured, PlantedBug } from '../figure.ts'
import { withCassandra, withServices } from '../figure-service.ts'
import { killWorkers } from '../kill-workers.ts'
import { underLoad } from '../lanes.ts'
import { askPorcupine } from '../swaps/porcupine.ts'
import { createRegisters, type Register } from '../swaps/register.ts'

const WORKERS = 2
const KILL_INTERVAL_MS = 1_000
const CONTROLS: PlantedBug[] = ['dropped-acknowledgement', 'flipped-acknowledgement', 'stale-read']
const CLIENTS = 8
const REGISTERS = 40
/** Registers that half of the operations use. */
const BUSY_REGISTERS = 4
const POLL_INTERVAL_MS = 50

/** Two services on one database, whose workers are killed. */
export const SWAPS_LMDB: Figure = {
  name: '2-lmdb',
  shows: 'conditional writes on LMDB that no single register could have shown',
  controls: CONTROLS,
  measure(options) {
    const config = { DEFAULT: { workers: WORKERS }, lmdb: { path: join(options.folder, 'lmdb') } }
    const kills = { kills: options.short ? 2 : 12, intervalMs: KILL_INTERVAL_MS }
    return withServices(2, config, options, (services) =>
      measureSwaps(services, options.short ? 1_500 : 40_000, options, () =>
        killWorkers(services, kills, options),
      ),
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
    const section = { workers: short ? 1 : WORKERS }
    const wanted = { nodes: short ? 1 : NODES, services: 2, section }
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

/** Reads and conditionally writes with all clients through all services, until `play` has ended and
 * there are enough operations. Checks that these were linearizable. */
async function measureSwaps(
  services: readonly [Service, ...Service[]],
  operationsMin: number,
  options: FigureOptions,
  play: () => Promise<unknown>,
): Promise<Measured> {
  const { random, signal } = options
  const clients = Array.from({ length: CLIENTS }, () => services.map((each) => each.client()))
  const first = services[0].client()
  const registers = await createRegisters(first, REGISTERS)
  const use = (own: readonly HttpClient[]) => {
    const some = random.below(2) === 0 ? registers.slice(0, BUSY_REGISTERS) : registers
    return random.pick(some).use(random.pick(own), random)
  }
  await underLoad(clients, use, async (load) => {
    await play()
    const isEnough = () => countEvents(registers).operations >= operationsMin
    while (!isEnough() && !load.hasFailed()) await delay(POLL_INTERVAL_MS, undefined, { signal })
  })
  const seen = await Promise.all(registers.map((register) => register.faults(first)))
  const second = options.short ? undefined : await askPorcupine(registers, options)
  return {
    target: `0 contradictions in at least ${operationsMin} operations`,
    faults: [...seen.flat(), ...(second?.faults ?? [])],
    detail: { ...countEvents(registers), porcupine: second?.told },
  }
}

/** Number of the registers' events by kind. */
function countEvents(registers: readonly Register[]) {
  const counts = { operations: 0, reads: 0, ok: 0, failed: 0, unavailable: 0, unknown: 0 }
  for (const event of registers.flatMap(({ events }) => events)) {
    counts[event.kind === 'read' ? 'reads' : event.outcome]++
    counts.operations++
  }
  return counts
}
