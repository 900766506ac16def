import { randomBytes } from 'node:crypto'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import { LANDMARK_DELETES } from '../../../src/storage/cassandra/landmarks.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import type { Seeded } from '../../seeded.ts'
import { KEY_SHAPES } from '../../storage/key-shapes.ts'
import { type Reads, wholly } from './counts.ts'
import { type DeletedRows, DeletedRowsWriter } from './deleted-rows.ts'
import { ALL_READERS, type PagesRead, type Reader, readPages } from './dense-pages.ts'
import type { TracedSlices } from './traced-slices.ts'

const PARTITION = Buffer.from('partition')
const LANES = 64
const DEVIATIONS_MAX = 5

/** How many rows are deleted, by the shape of their keys. */
export interface Stretch {
  readonly shape: string
  readonly rows: number
  readonly landmarks: boolean
  readonly readers?: readonly Reader[]
}

export interface StretchRead extends PagesRead {
  readonly shape: string
  readonly reader: Reader
  readonly rows: number
}

export interface Shares {
  readonly deletes: number
  readonly landmarks: number
  readonly expected: number
  readonly read: Reads
  readonly faults: readonly string[]
}

/** Many deleted rows around one that is there, read by processes that know nothing of them. */
export class DenseStretches {
  readonly #options: CassandraOptions
  readonly #slices: TracedSlices
  readonly #writer: DeletedRowsWriter

  private constructor(options: CassandraOptions, slices: TracedSlices, writer: DeletedRowsWriter) {
    this.#options = options
    this.#slices = slices
    this.#writer = writer
  }

  static async open(
    options: CassandraOptions,
    slices: TracedSlices,
    random: Seeded,
  ): Promise<DenseStretches> {
    return new DenseStretches(options, slices, await DeletedRowsWriter.open(options, random))
  }

  async read({ shape, rows, landmarks, readers = ALL_READERS }: Stretch): Promise<StretchRead[]> {
    const [, sortOf] = KEY_SHAPES.find(([name]) => name === shape) ?? []
    if (!sortOf) throw new Error(`no such keys: ${shape}`)
    const sorts = Array.from({ length: rows }, (_, n) => sortOf(n))
    const arePut = readers.includes('scan')
    const deleted = { table: randomBytes(16), partition: PARTITION, sorts, arePut, landmarks }
    await this.#writer.write(deleted)
    const [middle = PARTITION] = sorts.toSorted(Buffer.compare).slice(rows / 2)
    await this.#putLive(deleted, Buffer.concat([middle, Buffer.alloc(1)]))
    const seen: StretchRead[] = []
    for (const reader of readers) {
      const read = (driver: CassandraDriver) => readPages(reader, deleted, driver, this.#slices)
      seen.push({ shape, reader, rows, ...(await this.#withDriver(read)) })
    }
    return seen
  }

  /** Whether as many of the driver's own deletes leave landmarks as those that are seeded, and
   * whether both look the same to Cassandra. */
  async shares(deletes: number): Promise<Shares> {
    return this.#withDriver(async (driver) => {
      const [table, seeded] = [randomBytes(16), randomBytes(16)]
      const sorts = Array.from({ length: deletes }, (_, n) => Buffer.from(`row-${n}`))
      await commitEach(driver, table, sorts, 'put')
      await commitEach(driver, table, sorts, 'delete')
      const deleted = { partition: PARTITION, sorts, arePut: true, landmarks: true }
      const marked = await this.#writer.write({ ...deleted, table: seeded })
      const found = await this.#writer.landmarks(table, PARTITION, deletes)
      const copies = await this.#writer.landmarks(seeded, PARTITION, deletes)
      const expected = (deletes - 64) / LANDMARK_DELETES
      const read = await this.#sum(driver, table)
      const copied = await this.#sum(driver, seeded)
      const faults: string[] = []
      if (Math.abs(found.length - expected) > DEVIATIONS_MAX * Math.sqrt(expected)) {
        faults.push(`${found.length} of ${deletes} deletes left landmarks, not about ${expected}`)
      }
      if (copies.length !== marked) faults.push(`${copies.length} of ${marked} landmarks are there`)
      const states = new Set([...found, ...copies].map(stateOf))
      if (states.size !== 1) faults.push(`landmarks differ: ${[...states].join(' ')}`)
      const cells = [
        cellsOfLandmark(read, deletes, found.length),
        cellsOfLandmark(copied, deletes, marked),
      ]
      if (cells[0] !== cells[1]) faults.push(`a landmark has ${cells.join(' or ')} tombstones`)
      return { deletes, landmarks: found.length, expected, read, faults }
    })
  }

  close(): Promise<void> {
    return this.#writer.close()
  }

  async #putLive({ table, partition }: DeletedRows, sort: Buffer): Promise<void> {
    await this.#withDriver(async (driver) => {
      const put = [{ sort, value: Buffer.from('live'), size: 4, expiresAt: 0 }]
      const commit = { id: randomBytes(16), require: [{ sort }], put, delete: [] }
      await driver.commit(table, partition, commit, performance.now() + 30_000)
    })
  }

  /** What Cassandra reads for all of a partition's sorts at once. */
  async #sum(driver: CassandraDriver, table: Buffer): Promise<Reads> {
    return wholly(() =>
      this.#slices.of([table], () => {
        const read = { level: 'strong', deadline: performance.now() + 30_000 } as const
        return driver.sorts(table, PARTITION, {}, 1_000, read)
      }),
    )
  }

  async #withDriver<T>(use: (driver: CassandraDriver) => Promise<T>): Promise<T> {
    const driver = new CassandraDriver(this.#options)
    await driver.open()
    try {
      return await use(driver)
    } finally {
      await driver.close()
    }
  }
}

/** One commit a row, many under way at once. */
async function commitEach(
  driver: CassandraDriver,
  table: Buffer,
  sorts: readonly Buffer[],
  what: 'put' | 'delete',
): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let sort = sorts[next++]; sort; sort = sorts[next++]) {
      const row = { sort, value: Buffer.from('value'), size: 5, expiresAt: 0 }
      const writes = what === 'put' ? { put: [row], delete: [] } : { put: [], delete: [sort] }
      const commit = { id: randomBytes(16), require: [{ sort }], ...writes }
      for (let outcome = ''; outcome !== 'applied'; ) {
        const result = await driver.commit(table, PARTITION, commit, performance.now() + 30_000)
        outcome = result.outcome
        if (outcome === 'refused' && what === 'delete') break
      }
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

function stateOf(row: Record<string, unknown>): string {
  const { size, version, value, lock, expires_at: expiresAt, seconds } = row
  const days = Math.round(Number(seconds) / 86_400)
  return JSON.stringify({ size, version, value, lock, expiresAt, days })
}

/** Tombstones of a landmark, where each other deleted row is one. */
function cellsOfLandmark({ tombstones }: Reads, deletes: number, landmarks: number): number {
  return (tombstones - (deletes - landmarks)) / landmarks
}
