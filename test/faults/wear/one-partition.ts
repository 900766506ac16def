import { randomBytes } from 'node:crypto'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import type { Seeded } from '../../seeded.ts'
import { type Reads, wholly } from './counts.ts'
import { DeletedRowsWriter } from './deleted-rows.ts'
import type { TracedSlices } from './traced-slices.ts'

const BUDGET = { rows: 1_000, bytes: 4 * 1024 * 1024 }

/** A control: jobs as they were listed before the ledger, in one partition in which each is deleted
 * when it is done and which is read from its beginning. What a look reads after each count. */
export async function lookAtOnePartition(
  options: CassandraOptions,
  counts: readonly number[],
  slices: TracedSlices,
  random: Seeded,
): Promise<Reads[]> {
  const writer = await DeletedRowsWriter.open(options, random)
  const driver = new CassandraDriver(options)
  await driver.open()
  try {
    const [table, partition] = [randomBytes(16), Buffer.from('jobs')]
    const looks: Reads[] = []
    let made = 0
    for (const count of counts) {
      const sorts = Array.from({ length: count - made }, () => randomBytes(16))
      made = count
      await writer.write({ table, partition, sorts, arePut: true, landmarks: false })
      const look = () => {
        const read = { level: 'strong', deadline: performance.now() + 30_000 } as const
        return driver.slice(table, partition, {}, 'forward', BUDGET, read)
      }
      looks.push(await wholly(() => slices.of([table], look)))
    }
    return looks
  } finally {
    await driver.close()
    await writer.close()
  }
}
