import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import type { TableId } from '../../../src/storage/driver.ts'
import { startCassandraCluster } from '../../stack/cassandra-cluster.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { hash, PlainWrites, type Rows } from '../plain-writes.ts'
import { PageReader } from '../read-pages.ts'

const NODES = 3
const DELETED_ROWS = 60_000
const DELETED_ROWS_SHORT = 6_000
/** Half of them are put while the node is away. */
const LIVE_ROWS = 40

/** A node misses half the deletes and comes back, and nobody tells it what it has missed. */
export const LAGGING_REPLICA: Figure = {
  name: 'lagging-replica',
  shows: 'reads and a purge that fail beside a replica that missed the deletes',
  controls: [],
  measure,
}

interface Table {
  readonly id: TableId
  readonly live: readonly Rows[]
  readonly deleted: readonly Rows[]
}

async function measure(options: FigureOptions): Promise<Measured> {
  const { nodes, port } = await startCassandraCluster(NODES, options, { forgetful: true })
  try {
    const [, , away] = nodes
    const cassandra: CassandraOptions = {
      contactPoints: nodes.map(({ address }) => address),
      port,
      localDataCenter: 'datacenter1',
      keyspace: 'lagging',
      replicationClass: 'SimpleStrategy',
      replicationFactor: `${NODES}`,
      requestTimeoutMs: 5_000,
    }
    const count = options.short ? DELETED_ROWS_SHORT : DELETED_ROWS
    const dense = denseTable(count)
    const scanned = sparseTable('scanned', count)
    const purged = sparseTable('purged', count)
    const log = (what: string) => process.env.SHOW && console.error(new Date().toISOString(), what)
    log('open')
    const driver = new CassandraDriver(cassandra)
    await driver.open()
    const writes = await PlainWrites.open(cassandra, options.bug !== 'no-landmarks')
    try {
      for (const { live, deleted } of [dense, scanned, purged]) {
        await writes.put([...halfOf(live, 0), ...deleted])
        await writes.delete(halfOf(deleted, 0))
      }
      log('kill')
      await away?.kill()
      for (const { live, deleted } of [dense, scanned, purged]) {
        await writes.put(halfOf(live, 1))
        await writes.delete(halfOf(deleted, 1))
      }
      log('start')
      await away?.start()
      log('started')
      const reader = new PageReader(driver)
      const detail = await readAll(reader, dense, scanned, purged)
      const { faults } = reader
      return { value: faults.length, target: '0', faults, detail: { deleted: count, ...detail } }
    } finally {
      await writes.close()
      await driver.close()
    }
  } finally {
    for (const node of nodes) await node.kill()
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
    afterwards: await reader.scan(purged.id, []),
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
