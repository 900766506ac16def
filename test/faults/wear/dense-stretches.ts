import { randomBytes } from 'node:crypto'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import { KEY_SHAPES } from '../../storage/key-shapes.ts'
import { PlainWrites, type Rows } from '../nodes/plain-writes.ts'
import { PageReader, type PagesRead } from '../nodes/read-pages.ts'

const PARTITION = Buffer.from('partition')
const PAGE_MS = 30_000

const READERS = {
  forward: (reader, { table }) => reader.slice(table, PARTITION, 'forward'),
  backward: (reader, { table }) => reader.slice(table, PARTITION, 'backward'),
  sorts: (reader, { table }) => reader.sorts(table, PARTITION),
  scan: (reader, { table }) => reader.scan(table),
} as const satisfies Record<
  string,
  (reader: PageReader, rows: Rows) => Parameters<PageReader['read']>[1]
>
export type Reader = keyof typeof READERS

/** Number of deleted rows, the shape of their keys, and how they are read. */
export interface Stretch {
  readonly shape: string
  readonly rows: number
  readonly landmarks: boolean
  readonly readers: readonly Reader[]
}

export interface StretchRead extends PagesRead {
  readonly shape: string
  readonly reader: Reader
  readonly rows: number
  readonly faults: readonly string[]
}

/** Deletes many rows around a live one, and reads them in processes without any cached
 * knowledge. */
export async function readStretch(
  options: CassandraOptions,
  { shape, rows, landmarks, readers }: Stretch,
): Promise<StretchRead[]> {
  const [, sortOf] = KEY_SHAPES.find(([name]) => name === shape) ?? []
  if (!sortOf) throw new Error(`no such keys: ${shape}`)
  const sorts = Array.from({ length: rows }, (_, n) => sortOf(n))
  const [middle = PARTITION] = sorts.toSorted(Buffer.compare).slice(rows / 2)
  const live = Buffer.concat([middle, Buffer.alloc(1)])
  const deleted = { table: randomBytes(16), partition: PARTITION, sorts }
  const writes = await PlainWrites.open(options)
  try {
    // An index has only rows that were put.
    if (readers.includes('scan')) await writes.put([deleted])
    await writes.delete([deleted], landmarks)
    await writes.put([{ ...deleted, sorts: [live] }])
  } finally {
    await writes.close()
  }
  const seen: StretchRead[] = []
  for (const name of readers) {
    const driver = new CassandraDriver(options)
    await driver.open()
    try {
      const reader = new PageReader(driver, PAGE_MS)
      const what = `${name} over ${rows} rows ${shape}`
      const wanted = name === 'scan' ? PARTITION : live
      const read = await reader.read(what, READERS[name](reader, deleted), [wanted])
      seen.push({ shape, reader: name, rows, ...read, faults: reader.faults })
    } finally {
      await driver.close()
    }
  }
  return seen
}
