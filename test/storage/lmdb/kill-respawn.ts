/**
 * LMDB's release test. Processes count on shared rows while some are killed with SIGKILL and
 * replaced, and one process only opens and closes the database. Every acknowledged count must be
 * stored exactly once.
 *
 *     node dist/test/storage/lmdb/kill-respawn.js --runs 300
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { LmdbDriver } from '../../../src/storage/lmdb/driver.ts'
import { type Seeded, seeded } from '../../seeded.ts'
import { strongRead, text } from '../contract/table-fixture.ts'

/** What writers count on. */
export const TABLE = Buffer.alloc(16, 0x5a)
export const COUNTERS = 8
export const COUNTER = text('counter')
/** Written by the same commits as the counter, so always equal to it. */
export const SHADOW = text('shadow')
export const MAP_SIZE_BYTES = 256 * 1024 * 1024
const WRITERS = 4
const KILLS_PER_RUN = 3
/** Acknowledged counts of a writer before the next one is killed. */
const COUNTS_BEFORE_KILL = 20
const WRITER = fileURLToPath(new URL('./counting-writer.js', import.meta.url))
const OPENER = fileURLToPath(new URL('./opening-process.js', import.meta.url))

/** The acknowledged counts, and the errors found in them. */
class Ledger {
  acknowledged = 0
  readonly violations: string[] = []
  readonly #counts = Array.from({ length: COUNTERS }, () => new Set<number>())

  add(line: string): void {
    const [counter = -1, count = -1] = line.split(' ').map(Number)
    const counts = this.#counts[counter]
    if (counts === undefined || counts.has(count)) {
      this.violations.push(`counter ${counter}: ${count} was acknowledged twice`)
    }
    counts?.add(count)
    this.acknowledged += 1
  }

  /** Compares with the stored counts when no process writes. */
  async verify(driver: LmdbDriver): Promise<void> {
    for (const [counter, counts] of this.#counts.entries()) {
      const partition = text(`counter ${counter}`)
      const read = async (sort: Buffer) =>
        Number((await driver.get(TABLE, partition, sort, strongRead()))?.value.toString() ?? 0)
      const [stored, shadow] = [await read(COUNTER), await read(SHADOW)]
      const highest = [...counts].reduce((a, b) => Math.max(a, b), 0)
      if (stored < highest) {
        this.violations.push(`counter ${counter}: ${highest} was acknowledged, ${stored} is stored`)
      }
      if (stored !== shadow) {
        this.violations.push(`counter ${counter}: half a commit, ${stored} beside ${shadow}`)
      }
    }
  }
}

/** Starts a writer that runs until it is killed. */
function startWriter(path: string, ledger: Ledger, acknowledgeEarly: boolean) {
  const bug = acknowledgeEarly ? ['acknowledge-early'] : []
  const stdio = ['pipe', 'pipe', 'inherit'] as const
  const child = spawn(process.execPath, [WRITER, path, ...bug], { stdio: [...stdio] })
  const lines = createInterface({ input: child.stdout as Readable })
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')])
  let counts = 0
  const counted = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      ledger.add(line)
      if (++counts === COUNTS_BEFORE_KILL) resolve()
    })
  })
  const early = ended.then(() => {
    throw new Error('a writer ended by itself')
  })
  return {
    /** Resolves when the writer has acknowledged `COUNTS_BEFORE_KILL` counts. */
    busy: () => Promise.race([counted, early]),
    async kill(): Promise<void> {
      early.catch(() => {})
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** @param how of the negative control: writers acknowledge before they commit */
export async function killAndRespawn(how: { runs: number; acknowledgeEarly?: boolean }) {
  const random = seeded('kill and respawn')
  const path = await mkdtemp(join(tmpdir(), 'magnetodb-kill-'))
  const driver = new LmdbDriver({ path, mapSizeBytes: MAP_SIZE_BYTES })
  await driver.open()
  const ledger = new Ledger()
  let freedReaders = 0
  let runs = 0
  try {
    const start = () => startWriter(path, ledger, how.acknowledgeEarly ?? false)
    for (; runs < how.runs && ledger.violations.length === 0; runs += 1) {
      freedReaders += await runOnce(path, driver, random, start)
      await ledger.verify(driver)
    }
    return {
      runs,
      kills: runs * (KILLS_PER_RUN + WRITERS),
      acknowledged: ledger.acknowledged,
      /** Reader slots of killed writers that were freed. */
      freedReaders,
      fileBytes: (await stat(join(path, 'data.mdb'))).size,
      violations: ledger.violations,
    }
  } finally {
    await driver.close()
    await rm(path, { recursive: true })
  }
}

/** Starts writers on a database in use, replaces some and kills all. @returns the number of reader
 * slots of killed writers that were freed */
async function runOnce(
  path: string,
  driver: LmdbDriver,
  random: Seeded,
  start: () => ReturnType<typeof startWriter>,
): Promise<number> {
  const writers = Array.from({ length: WRITERS }, start)
  const opener = spawn(process.execPath, [OPENER, path, 'open and close'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const openerEnded = once(opener, 'exit')
  let freedReaders = 0
  try {
    await Promise.all(writers.map((writer) => writer.busy()))
    for (let kill = 0; kill < KILLS_PER_RUN; kill += 1) {
      const victim = random.below(WRITERS)
      await writers[victim]?.kill()
      freedReaders += driver.readerCheck()
      const replacement = start()
      writers[victim] = replacement
      await replacement.busy()
    }
  } finally {
    opener.kill('SIGKILL')
    await Promise.all([openerEnded, ...writers.map((writer) => writer.kill())])
  }
  return freedReaders + driver.readerCheck()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '300' }, bug: { type: 'boolean', default: false } },
  })
  const started = performance.now()
  const report = await killAndRespawn({ runs: Number(values.runs), acknowledgeEarly: values.bug })
  console.log(JSON.stringify({ ...report, seconds: (performance.now() - started) / 1000 }))
  process.exitCode = report.violations.length === 0 ? 0 : 1
}
