import { startCassandraCluster } from '../../stack/cassandra-cluster.ts'
import { TEST_TOMBSTONES } from '../../stack/cassandra-config.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { measureWear, type WearAmounts } from '../wear/measure-wear.ts'

const AMOUNTS: WearAmounts = {
  atOnce: false,
  ...{ earlyJobs: 200, jobs: 20_000, earlyDeletions: 20, deletions: 500, expiries: 50_000 },
  plainRows: 120_000,
  stretches: [
    { shape: 'alike in 25 bytes', rows: 300_000 },
    { shape: 'random', rows: 120_000 },
    { shape: 'alike in 200 bytes', rows: 120_000 },
    { shape: 'alike in 1,000 bytes', rows: 120_000 },
    { shape: 'zeros', rows: 120_000 },
    { shape: 'of two prefixes', rows: 120_000 },
  ],
}
/** For a Cassandra that aborts a read after `TEST_TOMBSTONES`. */
const AMOUNTS_SHORT: WearAmounts = {
  atOnce: true,
  ...{ earlyJobs: 200, jobs: 2_000, earlyDeletions: 0, deletions: 50, expiries: 2_000 },
  plainRows: 21_000,
  stretches: [
    { shape: 'alike in 25 bytes', rows: 21_000 },
    { shape: 'zeros', rows: 21_000 },
  ],
}

const HEAP = '1g'

/** Measures what Cassandra reads where finished jobs and deleted rows have left tombstones. */
export const WEAR: Figure = {
  name: 'wear',
  shows: 'reads that cost more after more work, or that Cassandra gives up',
  controls: [],
  measure,
}

async function measure(options: FigureOptions): Promise<Measured> {
  const { short, folder, signal } = options
  const amounts = short ? AMOUNTS_SHORT : AMOUNTS
  const known = process.env.MAGNETODB_TEST_CASSANDRA
  if (short && known !== undefined) {
    const [host = '', port] = known.split(':')
    return measureWear({ host, port: Number(port) }, amounts)
  }
  const node = short ? { heap: HEAP, tombstones: TEST_TOMBSTONES } : { heap: HEAP }
  const { nodes, port } = await startCassandraCluster(1, { folder, signal, ...node })
  try {
    return await measureWear({ host: nodes[0]?.address ?? '', port }, amounts)
  } finally {
    for (const node of nodes) await node.kill()
  }
}
