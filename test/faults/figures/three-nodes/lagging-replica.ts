import type { CassandraDriver } from '../../../../src/storage/cassandra/driver.ts'
import { cassandraOptions } from '../../../live/cassandra-keyspace.ts'
import { type CassandraNode, startCassandraCluster } from '../../../stack/cassandra-cluster.ts'
import { type NextPage, PageWalk } from '../../../storage/page-walk.ts'
import { below } from '../../../support/at-once.ts'
import type { Figure, FigureOptions, Measured } from '../../figure.ts'
import { hash, type PlainWrites, type Row, withPlainWrites } from '../../nodes/plain-writes.ts'
import { readPages } from '../../nodes/read-pages.ts'
import { withDrivers } from '../../wear/part.ts'

const NODES = 3
/** The default of the option. */
const REQUEST_MS = 5_000
/** Rows per dense partition: more tombstones than Cassandra passes in one read. */
const DENSE_ROWS = 120_000
const SPARSE_ROWS = 60_000
const SHORT_SHARE = 0.1
/** Half of these rows are put while the node is down. */
const LIVE_ROWS = 40
const AHEAD = Buffer.from('forward')
const BACK = Buffer.from('backward')
const LISTED = Buffer.from('listed')
/** Deleted rows to read after the purge, in addition to all live ones. */
const LEFT_SAMPLE = 400
/** Milliseconds of an operation. */
const OPERATION_MS = 10_000

/** A node misses half the deletes and comes back, without hints about them. */
export const LAGGING_REPLICA: Figure = {
  name: 'lagging-replica',
  shows: 'reads and a purge that fail beside a replica that missed the deletes',
  controls: ['no-landmarks'],
  async measure(options) {
    const { nodes, port } = await startCassandraCluster(NODES, { ...options, forgetful: true })
    const contact_points = nodes.map(({ address }) => address)
    const factor = { replication_factor: NODES, request_timeout: REQUEST_MS / 1_000 }
    const cassandra = cassandraOptions({ ...{ contact_points, port }, ...factor })
    try {
      return await withDrivers(cassandra, ([driver]) =>
        withPlainWrites(cassandra, (writes) => measure(driver, writes, nodes, options)),
      )
    } finally {
      for (const node of nodes) await node.kill()
    }
  },
}

async function measure(
  driver: CassandraDriver,
  writes: PlainWrites,
  [, , away]: readonly CassandraNode[],
  { short, bug }: FigureOptions,
): Promise<Measured> {
  const share = short && bug === undefined ? SHORT_SHARE : 1
  /** Three partitions with many rows each. */
  const dense = tableOf('dense', share * DENSE_ROWS, (sort) =>
    [AHEAD, BACK, LISTED].map((partition) => ({ partition, sort })),
  )
  /** Partitions of one row. */
  const sparse = (partition: Buffer) => [{ partition, sort: Buffer.from('row') }]
  const scanned = tableOf('scanned', share * SPARSE_ROWS, sparse)
  const purged = tableOf('purged', share * SPARSE_ROWS, sparse)
  const tables = [dense, scanned, purged]
  const landmarks = bug !== 'no-landmarks'
  for (const { live, deleted } of tables) {
    await writes.put([...halfOf(live, 0), ...deleted])
    await writes.delete(halfOf(deleted, 0), landmarks)
  }
  await away?.kill()
  for (const { live, deleted } of tables) {
    await writes.put(halfOf(live, 1))
    await writes.delete(halfOf(deleted, 1), landmarks)
  }
  await away?.start()
  const faults: string[] = []
  const read = (what: string, first: NextPage, wanted: readonly Buffer[]) =>
    readPages(what, first, wanted, { pageMs: OPERATION_MS, faults })
  const walk = new PageWalk(driver, dense.id)
  // The same in each partition.
  const sorts = [...new Set(dense.live.map(({ sort }) => sort))]
  const partitions = scanned.live.map(({ partition }) => partition)
  const detail = {
    query: await read('query', walk.slice(AHEAD, 'forward'), sorts),
    backwards: await read('query backwards', walk.slice(BACK, 'backward'), sorts),
    list: await read('list', walk.sorts(LISTED), sorts),
    scan: await read('scan', new PageWalk(driver, scanned.id).scan(), partitions),
    purge: await read('purge', new PageWalk(driver, purged.id).purge(), []),
  }
  const left = await countLeft(driver, [...purged.live, ...purged.deleted.slice(0, LEFT_SAMPLE)])
  if (left > 0) faults.push(`${left} rows are left after the purge`)
  const target = '0: all live rows are found, at most one read of a page fails, all ends'
  return { target, faults, detail: { ...detail, left } }
}

/** Number of rows that still exist. */
async function countLeft(driver: CassandraDriver, rows: readonly Row[]): Promise<number> {
  let count = 0
  for (const { table, partition, sort } of rows) {
    const read = { level: 'strong', deadline: performance.now() + OPERATION_MS } as const
    if ((await driver.get(table, partition, sort, read)) !== null) count++
  }
  return count
}

/** Live rows and rows to delete. Each id makes one row or more. */
function tableOf(
  name: string,
  deleted: number,
  rowsOf: (id: Buffer) => readonly Omit<Row, 'table'>[],
) {
  const id = hash(name)
  const all = (kind: string, count: number) =>
    below(count).flatMap((i) => rowsOf(hash(`${kind} ${i}`)).map((row) => ({ table: id, ...row })))
  return { id, live: all('live', LIVE_ROWS), deleted: all('deleted', deleted) }
}

/** The even or the odd ones. */
function halfOf(rows: readonly Row[], remainder: number): readonly Row[] {
  return rows.filter((_, i) => i % 2 === remainder)
}
