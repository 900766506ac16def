import * as assert from 'uvu/assert'
import {
  FEW_ROWS_MAX,
  READS_IN_FLIGHT_MAX,
  ReadTurns,
} from '../../../src/storage/cassandra/reads/read-turns.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'

const test = suite('turns of reads')

const aboutOf = (table: string) => ({
  ...{ table, limit: 10_000, isExact: false },
  deadline: performance.now() + 600_000,
})
const MANY = Array.from({ length: FEW_ROWS_MAX + 1 }, () => 'row')
const FEW = MANY.slice(1)

/** Reads that end when told. Tables `a` and `b` have returned many rows. */
class Reads {
  readonly begun: string[] = []
  readonly #turns: ReadTurns
  readonly #ends = new Map<string, () => void>()

  now = 0

  private constructor(countedMsMax: number) {
    this.#turns = new ReadTurns(countedMsMax, () => this.now)
  }

  static async ofMany(countedMsMax = 600_000): Promise<Reads> {
    const reads = new Reads(countedMsMax)
    for (const table of ['a', 'b']) await reads.#turns.run(aboutOf(table), async () => MANY)
    return reads
  }

  start(table: string, name: string, more: Partial<ReturnType<typeof aboutOf>> = {}) {
    return this.#turns.run({ ...aboutOf(table), ...more }, async () => {
      this.begun.push(name)
      await new Promise<void>((resolve) => this.#ends.set(name, resolve))
      return FEW
    })
  }

  startAll(names: readonly string[], table = 'a'): Promise<unknown>[] {
    return names.map((name) => this.start(table, name))
  }

  async end(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.#ends.get(name)?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  fail(): Promise<unknown> {
    return this.#turns.run(aboutOf('a'), () => Promise.reject(new Error('failed')))
  }
}

const ALL = Array.from({ length: READS_IN_FLIGHT_MAX + 3 }, (_, n) => `a${n}`)
const FIRST = ALL.slice(0, READS_IN_FLIGHT_MAX)
const [NEXT = '', AFTER = ''] = ALL.slice(READS_IN_FLIGHT_MAX)

test('tables take turns with the reads that wait', async () => {
  const reads = await Reads.ofMany()
  const all = [...reads.startAll(ALL), reads.start('b', 'b0')]
  await reads.end(ALL[0] ?? '', NEXT, 'b0')
  assert.equal(reads.begun, [...FIRST, NEXT, 'b0', AFTER])
  await reads.end(...ALL, ...ALL)
  await Promise.all(all)
})

test('reads with a low limit, and of tables that return few rows, do not wait', async () => {
  const reads = await Reads.ofMany()
  const names = ['c0', 'c1', 'c2', 'c3']
  const all = [...reads.startAll(ALL), reads.start('a', 'few', { limit: FEW_ROWS_MAX })]
  all.push(...reads.startAll(names, 'c'))
  assert.equal(reads.begun, [...FIRST, 'few', ...names])
  await reads.end(...ALL, 'few', ...names, ...ALL)
  await Promise.all(all)
})

test('a table whose reads returned few rows for ten seconds does not wait', async () => {
  const reads = await Reads.ofMany()
  reads.now = 10_000
  const all = reads.startAll(ALL)
  assert.equal(reads.begun, ALL)
  await reads.end(...ALL)
  await Promise.all(all)
})

test('a read of rows that are known to exist waits at once', async () => {
  const reads = await Reads.ofMany()
  const all = [...reads.startAll(ALL), reads.start('c', 'c0', { isExact: true })]
  assert.equal(reads.begun, FIRST)
  await reads.end(...ALL, 'c0', ...ALL)
  await Promise.all(all)
})

test('a waiting read is refused at its deadline', async () => {
  const reads = await Reads.ofMany()
  const all = reads.startAll(ALL)
  const late = reads.start('a', 'late', { deadline: performance.now() + 1 })
  await late.then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, 'deadline'),
  )
  await reads.end(...ALL, ...ALL)
  await Promise.all(all)
  assert.equal(reads.begun, ALL)
})

test('slow reads delay no others', async () => {
  const reads = await Reads.ofMany(1)
  const all = reads.startAll(ALL)
  await until('all have begun', () => reads.begun.length === ALL.length)
  await reads.end(...ALL)
  await Promise.all(all)
  const again = reads.startAll(ALL)
  assert.equal(reads.begun.slice(ALL.length), FIRST, 'each was counted once')
  await until('all have begun', () => reads.begun.length === 2 * ALL.length)
  await reads.end(...ALL)
  await Promise.all(again)
})

test('a failed read makes room for the next', async () => {
  const reads = await Reads.ofMany()
  for (let n = 0; n < 3 * READS_IN_FLIGHT_MAX; n++) {
    await reads.fail().then(
      () => assert.unreachable(),
      () => {},
    )
  }
  const read = reads.start('a', 'a0')
  await reads.end('a0')
  assert.equal(await read, FEW)
})

test.run()
