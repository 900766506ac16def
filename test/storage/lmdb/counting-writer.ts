/** A process that kill-respawn.ts kills. It counts on shared rows of an LMDB database and prints a
 * line for each acknowledged count. Arguments: the database's directory and, for the negative
 * control, `acknowledge-early`. */
import { randomInt } from 'node:crypto'
import { writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { LmdbDriver } from '../../../src/storage/lmdb/driver.ts'
import { commitOf, strongRead, text } from '../contract/table-fixture.ts'
import { COUNTER, COUNTERS, MAP_SIZE_BYTES, SHADOW, TABLE } from './kill-respawn.ts'

const LANES = 16
const STDOUT = 1
const READER_PAUSE_MS = 5
const PADDING = ' '.repeat(200)

const [path = '', acknowledgement] = process.argv.slice(2)
const driver = new LmdbDriver({ path, mapSizeBytes: MAP_SIZE_BYTES })

async function count(): Promise<void> {
  const counter = randomInt(COUNTERS)
  const partition = text(`counter ${counter}`)
  const row = await driver.get(TABLE, partition, COUNTER, strongRead())
  const next = Number(row?.value.toString() ?? 0) + 1
  const value = text(`${next}${PADDING}`)
  const put = { value, size: value.length, expiresAt: 0 }
  const acknowledge = () => writeLine(`${counter} ${next}\n`)
  if (acknowledgement === 'acknowledge-early') await acknowledge()
  const require = [{ sort: COUNTER, version: row?.version ?? null }]
  const commit = commitOf({ require, put: [COUNTER, SHADOW].map((sort) => ({ sort, ...put })) })
  const result = await driver.commit(TABLE, partition, commit, performance.now() + 30_000)
  if (result.outcome === 'applied' && acknowledgement === undefined) await acknowledge()
}

/** Writes a line as a whole, and waits while the reader is behind. */
async function writeLine(line: string): Promise<void> {
  for (;;) {
    try {
      writeSync(STDOUT, line)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
    await delay(READER_PAUSE_MS)
  }
}

async function countForEver(): Promise<never> {
  for (;;) await count()
}

// Ends when its parent ends, for whatever reason.
process.stdin.on('end', () => process.exit()).resume()
await driver.open()
await Promise.all(Array.from({ length: LANES }, countForEver))
