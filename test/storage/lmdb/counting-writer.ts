/** A process that kill-respawn.ts kills. It counts on shared rows of an LMDB database and prints a
 * line for each acknowledged count. Arguments: the database's directory and, for the negative
 * control, `acknowledge-early`. */
import { randomInt } from 'node:crypto'
import { LmdbDriver } from '../../../src/storage/lmdb/driver.ts'
import { putRow, TableFixture, text } from '../contract/table-fixture.ts'
import { COUNTER, COUNTERS, MAP_SIZE_BYTES, SHADOW, TABLE } from './kill-respawn.ts'

const LANES = 16
const PADDING = ' '.repeat(200)

const [path = '', acknowledgement] = process.argv.slice(2)
const driver = new LmdbDriver({ path, mapSizeBytes: MAP_SIZE_BYTES })
const table = new TableFixture(driver, TABLE)

async function count(): Promise<void> {
  const counter = randomInt(COUNTERS)
  const partition = text(`counter ${counter}`)
  const row = await table.get(partition, COUNTER)
  const next = Number(row?.value.toString() ?? 0) + 1
  const acknowledge = () => console.log(`${counter} ${next}`)
  if (acknowledgement === 'acknowledge-early') acknowledge()
  const outcome = await table.outcome(partition, {
    require: [{ sort: COUNTER, version: row?.version ?? null }],
    put: [COUNTER, SHADOW].map((sort) => putRow(sort, `${next}${PADDING}`)),
  })
  if (outcome === 'applied' && acknowledgement === undefined) acknowledge()
}

async function countForEver(): Promise<never> {
  for (;;) await count()
}

// Ends when its parent ends, for whatever reason.
process.stdin.on('end', () => process.exit()).resume()
await driver.open()
await Promise.all(Array.from({ length: LANES }, countForEver))
