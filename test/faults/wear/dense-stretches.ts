import { randomBytes } from 'node:crypto'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import { justAfter } from '../../../src/storage/cassandra/slice.ts'
import { KEY_SHAPES } from '../../storage/key-shapes.ts'
import { PageWalk } from '../../storage/page-walk.ts'
import { below } from '../../support/at-once.ts'
import { withPlainWrites } from '../nodes/plain-writes.ts'
import { readPages } from '../nodes/read-pages.ts'
import { type Part, type Place, withDrivers } from './part.ts'

const PARTITION = Buffer.from('partition')
const PAGE_MS = 30_000
/** Shape of the keys that are also scanned. One shape suffices, because a scan does not depend on
 * keys. */
const SCANNED = 'alike in 25 bytes'

const READERS = {
  forward: (walk: PageWalk) => walk.slice(PARTITION, 'forward'),
  backward: (walk: PageWalk) => walk.slice(PARTITION, 'backward'),
  sorts: (walk: PageWalk) => walk.sorts(PARTITION),
  scan: (walk: PageWalk) => walk.scan(),
}

/** Whether reads pass many deleted rows; those without landmarks, a control, they must not. */
export async function measureStretches({ amounts, options }: Place): Promise<Part> {
  // The first driver creates the keyspace.
  await withDrivers(options, async () => {})
  const stretches = []
  for (const [shape, rows] of Object.entries(amounts.stretches)) {
    stretches.push(...(await readStretch(options, shape, rows, true)))
  }
  const faults = stretches.flatMap((read) => read.faults)
  const plain = await readStretch(options, SCANNED, amounts.plainRows, false)
  for (const { reader, rows, faults: found } of plain) {
    if (found.length === 0) faults.push(`${reader} passes ${rows} rows without landmarks`)
  }
  return { faults, detail: { stretches, plain } }
}

/** Deletes many rows around a live one, and reads them in processes without any cached
 * knowledge. */
async function readStretch(
  options: CassandraOptions,
  shape: string,
  rows: number,
  landmarks: boolean,
) {
  const [, sortOf] = KEY_SHAPES.find(([name]) => name === shape) ?? []
  if (!sortOf) throw new Error(`no such keys: ${shape}`)
  const isScanned = landmarks && shape === SCANNED
  const sorts = below(rows).map((n) => sortOf(n))
  const [middle = PARTITION] = sorts.toSorted(Buffer.compare).slice(rows / 2)
  const live = justAfter(middle)
  const own = { table: randomBytes(16), partition: PARTITION }
  const deleted = sorts.map((sort) => ({ ...own, sort }))
  await withPlainWrites(options, async (writes) => {
    // An index has only rows that were put.
    if (isScanned) await writes.put(deleted)
    await writes.delete(deleted, landmarks)
    await writes.put([{ ...own, sort: live }])
  })
  const seen = []
  for (const [name, first] of Object.entries(READERS)) {
    if (name === 'scan' && !isScanned) continue
    const faults: string[] = []
    const what = `${name} over ${rows} rows ${shape}`
    const wanted = name === 'scan' ? PARTITION : live
    const read = await withDrivers(options, ([driver]) => {
      const walk = new PageWalk(driver, own.table)
      return readPages(what, first(walk), [wanted], { pageMs: PAGE_MS, faults })
    })
    seen.push({ shape, reader: name, rows, ...read, faults })
  }
  return seen
}
