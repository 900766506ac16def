import { CassandraDriver } from '../../../../src/storage/cassandra/driver.ts'
import type { CassandraOptions } from '../../../../src/storage/cassandra/options.ts'
import { RingSpans } from '../../../../src/storage/cassandra/reads/ring-spans.ts'
import type { TableId } from '../../../../src/storage/driver.ts'
import { type CassandraNode, startCassandraCluster } from '../../../stack/cassandra-cluster.ts'
import type { Figure, FigureOptions, Measured } from '../../figure.ts'
import { hash, PlainWrites, type Rows } from '../../nodes/plain-writes.ts'
import { PageReader } from '../../nodes/read-pages.ts'

const NODES = 3
/** As configured by default. */
const REQUEST_MS = 5_000
/** Of each partition of many rows: more than Cassandra passes in one read. */
const DENSE_ROWS = 120_000
const SPARSE_ROWS = 60_000
const SHORT_SHARE = 0.1
/** Half of them are put while the node is away. */
const LIVE_ROWS = 40
/** Deleted rows that are looked for after the purge, beside all live ones. */
const LEFT_SAMPLE = 400

/** A node misses half the deletes and comes back, and nobody tells it what it has missed. */
export const LAGGING_REPLICA: Figure = {
  name: 'lagging-replica',
  shows: 'reads and a purge that fail beside a replica that missed the deletes',
  controls: ['no-landmarks'],
  measure,
}

interface Table {
  readonly id: TableId
  readonly live: readonly Rows[]
  readonly deleted: readonly Rows[]
}

async function measure(options: FigureOptions): Promise<Measured> {
  const { nodes, port } = await startCassandraCluster(NODES, { ...options, forgetful: true })
  try {
    const cassandra: CassandraOptions = {
      contactPoints: nodes.map(({ address }) => address),
      port,
      localDataCenter: 'datacenter1',
      keyspace: 'lagging',
      replicationClass: 'SimpleStrategy',
      replicationFactor: `${NODES}`,
      requestTimeoutMs: REQUEST_MS,
    }
    const driver = new CassandraDriver(cassandra)
    await driver.open()
    try {
      return await measureDriver(driver, cassandra, nodes, options)
    } finally {
      await driver.close()
    }
  } finally {
    for (const node of nodes) await node.kill()
  }
}

async function measureDriver(
  driver: CassandraDriver,
  cassandra: CassandraOptions,
  [, , away]: readonly CassandraNode[],
  { short, bug }: FigureOptions,
): Promise<Measured> {
  const share = short && bug === undefined ? SHORT_SHARE : 1
  const dense = denseTable(share * DENSE_ROWS)
  const scanned = sparseTable('scanned', share * SPARSE_ROWS)
  const purged = sparseTable('purged', share * SPARSE_ROWS)
  const tables = [dense, scanned, purged]
  const writes = await PlainWrites.open(cassandra, bug !== 'no-landmarks')
  const { lastOf } = RingSpans.prototype
  try {
    for (const { live, deleted } of tables) {
      await writes.put([...halfOf(live, 0), ...deleted])
      await writes.delete(halfOf(deleted, 0))
    }
    await away?.kill()
    for (const { live, deleted } of tables) {
      await writes.put(halfOf(live, 1))
      await writes.delete(halfOf(deleted, 1))
    }
    await away?.start()
    if (bug === 'whole-ring-reads') RingSpans.prototype.lastOf = (_table, _first, last) => last
    const reader = new PageReader(driver)
    const detail = await readAll(reader, dense, scanned, purged)
    const { faults } = reader
    return {
      value: faults.length,
      target: '0: all live rows are found, at most one read of a page fails, all ends',
      faults,
      detail,
    }
  } finally {
    RingSpans.prototype.lastOf = lastOf
    await writes.close()
  }
}

async function readAll(reader: PageReader, dense: Table, scanned: Table, purged: Table) {
  const [forward, backward, listed] = dense.live.map(({ partition, sorts }) => ({
    partition,
    sorts,
  }))
  if (!forward || !backward || !listed) throw new Error('there are three partitions')
  const { id } = dense
  return {
    query: await reader.slice(id, forward.partition, forward.sorts),
    backwards: await reader.backwards(id, backward.partition, backward.sorts),
    list: await reader.sorts(id, listed.partition, listed.sorts),
    scan: await reader.scan(scanned.id, partitionsOf(scanned.live)),
    purge: await reader.purge(purged.id),
    left: await reader.left([...purged.live, ...purged.deleted.slice(0, LEFT_SAMPLE)]),
  }
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
      table,
      partition: hash(`${name} ${kind} ${i}`),
      sorts: [Buffer.from('row')],
    }))
  return { id: table, live: rowsOf('live', LIVE_ROWS), deleted: rowsOf('deleted', count) }
}

function partitionsOf(all: readonly Rows[]): readonly Buffer[] {
  return all.map(({ partition }) => partition)
}

/** The even or the odd ones, of a table or of each partition. */
function halfOf(all: readonly Rows[], remainder: number): readonly Rows[] {
  const isChosen = (_: unknown, i: number) => i % 2 === remainder
  const isDense = all.some(({ sorts }) => sorts.length > 1)
  if (!isDense) return all.filter(isChosen)
  return all.map((rows) => ({ ...rows, sorts: rows.sorts.filter(isChosen) }))
}
