import { cassandraOptions, TestKeyspace } from '../../live/cassandra-keyspace.ts'
import { startCassandraCluster } from '../../stack/cassandra-cluster.ts'
import { TEST_TOMBSTONES } from '../../stack/cassandra-config.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { AMOUNTS, AMOUNTS_SHORT, type WearAmounts } from '../wear/amounts.ts'
import { measureStretches } from '../wear/dense-stretches.ts'
import { measureExpiry } from '../wear/expired-items.ts'
import { measureJobs } from '../wear/finished-jobs.ts'
import type { Part } from '../wear/part.ts'
import { TracedSlices } from '../wear/traced-slices.ts'
import { measureTables } from '../wear/worn-tables.ts'

const HEAP = '1g'

/** Measures what Cassandra reads where finished jobs and deleted rows have left tombstones. */
export const WEAR: Figure = {
  name: 'wear',
  shows: 'reads that cost more after more work, or that Cassandra gives up',
  measure,
}

async function measure(options: FigureOptions): Promise<Measured> {
  const { short, folder, signal } = options
  const amounts = short ? AMOUNTS_SHORT : AMOUNTS
  const known = process.env.MAGNETODB_TEST_CASSANDRA
  if (short && known !== undefined) {
    const [host = '', port] = known.split(':')
    return measureOn(host, Number(port), amounts)
  }
  const node = short ? { heap: HEAP, tombstones: TEST_TOMBSTONES } : { heap: HEAP }
  const { nodes, port } = await startCassandraCluster(1, { folder, signal, ...node })
  try {
    return await measureOn(nodes[0]?.address ?? '', port, amounts)
  } finally {
    for (const node of nodes) await node.kill()
  }
}

async function measureOn(host: string, port: number, amounts: WearAmounts): Promise<Measured> {
  const options = cassandraOptions({ contact_points: [host], port, request_timeout: 30 })
  const slices = new TracedSlices(options)
  const place = { options, amounts, slices }
  // Jobs have their own keyspace, so that their polls see no other jobs.
  const jobsOptions = { ...options, keyspace: `${options.keyspace}_jobs` }
  const measures = {
    jobs: () => measureJobs({ ...place, options: jobsOptions }),
    deletions: () => measureTables(place),
    expiries: () => measureExpiry(place),
    stretches: () => measureStretches(place),
  }
  try {
    const run = async ([what, measure]: readonly [string, () => Promise<Part>]) => {
      const since = performance.now()
      const failed = (error: unknown): Part => ({ faults: [`${what}: ${error}`], detail: {} })
      const { faults, detail } = await measure().catch(failed)
      const seconds = Math.round((performance.now() - since) / 1_000)
      return { faults, detail: { ...detail, [`${what}Seconds`]: seconds } }
    }
    const parts: Promise<Part>[] = []
    for (const each of Object.entries(measures)) {
      parts.push(run(each))
      if (!amounts.atOnce) await parts.at(-1)
    }
    const seen = await Promise.all(parts)
    const faults = seen.flatMap((part) => part.faults)
    const detail = Object.assign({}, ...seen.map((part) => part.detail))
    const target = '0 growing or given up, all controls found'
    return { target, faults, detail }
  } finally {
    await slices.end()
    await new TestKeyspace(options).drop()
    await new TestKeyspace(jobsOptions).drop()
  }
}
