import { CassandraDriver } from '../../../../src/storage/cassandra/driver.ts'
import { cassandraOptions } from '../../../live/cassandra-keyspace.ts'
import { type CassandraNode, startCassandraCluster } from '../../../stack/cassandra-cluster.ts'
import type { Figure, FigureOptions, Measured } from '../../figure.ts'
import { hash, PlainWrites, type Rows } from '../../nodes/plain-writes.ts'
import { PageReader } from '../../nodes/read-pages.ts'

const NODES = 3
/** The default of the option. */
const REQUEST_MS = 5_000
/** Rows per dense partition: more tombstones than Cassandra passes in one read. */
const DENSE_ROWS = 120_000
const SPARSE_ROWS = 60_000
const SHORT_SHARE = 0.1
/** Half of these rows are put while the node is down. */
const LIVE_ROWS = 40
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
    const driver = new CassandraDriver(cassandra)
    try {
      await driver.open()
      const writes = await PlainWrites.open(cassandra)
      try {
        return await measure(driver, writes, nodes, options)
      } finally {
        await writes.close()
      }
    } finally {
      await driver.close()
      for (const node of nodes) await node.kill()
    }
  },
}

interface Table {
  readonly id: Buffer
  readonly live: readonly Rows[]
  readonly deleted: readonly Rows[]
}

async function measure(
  driver: CassandraDriver,
  writes: PlainWrites,
  [, , away]: readonly CassandraNode[],
  { short, bug }: FigureOptions,
): Promise<Measured> {
  const share = short && bug === undefined ? SHORT_SHARE : 1
  const dense = denseTable(share * DENSE_ROWS)
  const scanned = sparseTable('scanned', share * SPARSE_ROWS)
  const purged = sparseTable('purged', share * SPARSE_ROWS)
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
  const reader = new PageReader(driver, OPERATION_MS)
  const { faults } = reader
  const detail = await readAll(reader, dense, scanned, purged)
  const left = await countLeft(driver, [...purged.live, ...purged.deleted.slice(0, LEFT_SAMPLE)])
  if (left > 0) faults.push(`${left} rows are left after the purge`)
  const target = '0: all live rows are found, at most one read of a page fails, all ends'
  return { value: faults.length, target, faults, detail: { ...detail, left } }
}

async function readAll(reader: PageReader, { id, live }: Table, scanned: Table, purged: Table) {
  const [forward, backward, listed] = live as [Rows, Rows, Rows]
  const slice = (what: string, { partition, sorts }: Rows, way: 'forward' | 'backward') =>
    reader.read(what, reader.slice(id, partition, way), sorts)
  const partitions = scanned.live.map(({ partition }) => partition)
  return {
    query: await slice('query', forward, 'forward'),
    backwards: await slice('query backwards', backward, 'backward'),
    list: await reader.read('list', reader.sorts(id, listed.partition), listed.sorts),
    scan: await reader.read('scan', reader.scan(scanned.id), partitions),
    purge: await reader.read('purge', reader.purge(purged.id), []),
  }
}

/** Number of rows that still exist. */
async function countLeft(driver: CassandraDriver, all: readonly Rows[]): Promise<number> {
  let count = 0
  for (const { table, partition, sorts } of all) {
    const read = { level: 'strong', deadline: performance.now() + OPERATION_MS } as const
    const found = await driver.getMany(table, partition, sorts, read)
    count += found.filter((row) => row !== null).length
  }
  return count
}

/** Three partitions with many rows each. */
function denseTable(count: number): Table {
  const id = hash('dense')
  const rowsOf = (name: string, rows: number) =>
    ['forward', 'backward', 'listed'].map((partition) => ({
      table: id,
      partition: Buffer.from(partition),
      sorts: Array.from({ length: rows }, (_, i) => hash(`${name} ${i}`)),
    }))
  return { id, live: rowsOf('live', LIVE_ROWS), deleted: rowsOf('deleted', count) }
}

/** Partitions of one row. */
function sparseTable(name: string, count: number): Table {
  const table = hash(name)
  const rowsOf = (kind: string, rows: number) =>
    Array.from({ length: rows }, (_, i) => ({
      ...{ table, partition: hash(`${name} ${kind} ${i}`), sorts: [Buffer.from('row')] },
    }))
  return { id: table, live: rowsOf('live', LIVE_ROWS), deleted: rowsOf('deleted', count) }
}

/** The even or the odd rows of each partition, or partitions of a sparse table. */
function halfOf(all: readonly Rows[], remainder: number): readonly Rows[] {
  const isChosen = (_: unknown, i: number) => i % 2 === remainder
  const isDense = all.some(({ sorts }) => sorts.length > 1)
  if (!isDense) return all.filter(isChosen)
  return all.map((rows) => ({ ...rows, sorts: rows.sorts.filter(isChosen) }))
}
