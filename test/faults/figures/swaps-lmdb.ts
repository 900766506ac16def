import { join } from 'node:path'
import { FaultedService } from '../faulted-service.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { killWorkers } from '../kill-workers.ts'
import { measureSwaps } from '../swaps/swap-load.ts'

const WORKERS = 2
const KILLS = 12
const KILLS_SHORT = 2
const OPERATIONS = 40_000
const OPERATIONS_SHORT = 1_500

/** Two services on one database, whose workers are killed. */
export const SWAPS_LMDB: Figure = {
  name: '2-lmdb',
  shows: 'conditional writes on LMDB that no single register could have shown',
  controls: ['dropped-acknowledgement', 'flipped-acknowledgement', 'stale-read'],
  measure,
}

async function measure(options: FigureOptions): Promise<Measured> {
  const { short, folder, bug } = options
  const lmdb = { path: join(folder, 'lmdb') }
  const services: FaultedService[] = []
  try {
    for (const name of ['first', 'second']) {
      const config = { DEFAULT: { workers: WORKERS }, lmdb }
      services.push(await FaultedService.start({ config, folder: join(folder, name), bug }))
    }
    const kills = short ? KILLS_SHORT : KILLS
    const operationsMin = short ? OPERATIONS_SHORT : OPERATIONS
    return await measureSwaps(services, operationsMin, options, () =>
      killWorkers(services, kills, options),
    )
  } finally {
    for (const service of services) await service.stop()
  }
}
