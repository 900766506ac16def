import * as assert from 'uvu/assert'
import { validationError } from '../../../src/dialect/invalid-request.ts'
import { messageOf } from '../../../src/dialect/magnetodb/messages.ts'
import type { Item } from '../../../src/model/attribute-value.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import {
  type BulkLoadResult,
  bulkLoad,
  COMMITS_IN_FLIGHT_MAX,
  FAILURES_BYTES_MAX,
  type LoadCounts,
} from '../../../src/operations/batches/bulk-load.ts'
import type { LoadLine } from '../../../src/operations/batches/load-window.ts'
import { query } from '../../../src/operations/items/query.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { describeTable } from '../../../src/operations/tables/describe-table.ts'
import { EngineFixture, HASH_ONLY, WITH_INDEXES } from '../../engine/engine-fixture.ts'
import { item, longNumbers, shown, value } from '../../engine/short-items.ts'
import { seeded } from '../../seeded.ts'
import { type FaultScript, faulty } from '../../storage/faulty-driver.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('bulk_load')

/** Tables `plain` and `indexed`. Faults affect only writes of items. */
async function withTables(script: FaultScript = () => undefined) {
  const driver = faulty(new WornDriver(), (call) =>
    call.method === 'commit' && call.table.readUInt32BE(0) !== 0 ? script(call) : undefined,
  )
  const fixture = new EngineFixture({ driver })
  await fixture.create('plain')
  await fixture.create('hash', HASH_ONLY)
  await fixture.create('indexed', WITH_INDEXES)
  return fixture
}

/** A line. Without an item, it cannot be decoded. */
function lineOf(text: string, found: Item | undefined): LoadLine {
  return {
    bytes: text.length,
    text: () => text,
    *decode() {
      yield
      if (!found) throw validationError('no item')
      return found
    },
  }
}

const put = (h: string, r: number, v = 0): LoadLine =>
  lineOf(`${h} ${r} ${v}`, item({ h, r, text: `v${v}`, number: v }))
const BAD = lineOf('bad', undefined)

async function* chunked(lines: readonly LoadLine[], size = 10): AsyncGenerator<LoadLine[]> {
  for (let i = 0; i < lines.length; i += size) {
    await new Promise(setImmediate)
    yield lines.slice(i, i + size)
  }
}

function load(
  fixture: EngineFixture,
  lines: readonly LoadLine[] | AsyncIterable<readonly LoadLine[]>,
  table = 'plain',
  onProgress: (counts: LoadCounts) => void = () => {},
): Promise<BulkLoadResult> {
  const stream = Symbol.asyncIterator in lines ? lines : chunked(lines)
  return fixture.run(bulkLoad, { table, lines: stream, onProgress })
}

const counts = ({ read, processed, unprocessed, failed }: LoadCounts) => [
  read,
  processed,
  unprocessed,
  failed,
]

test('a bulk load writes the items of all partitions, also with indexes', async () => {
  for (const table of ['plain', 'indexed']) {
    const fixture = await withTables()
    const lines = Array.from({ length: 3500 }, (_, i) => put(`h${i % 40}`, i, i % 7))
    const result = await load(fixture, lines, table)
    assert.equal(counts(result), [3500, 3500, 0, 0])
    assert.is(result.lastLine?.text(), 'h19 3499 6')
    assert.equal(result.failures, [])
    for (const i of [0, 1700, 3499]) {
      assert.ok(await fixture.get(table, item({ h: `h${i % 40}`, r: i })))
    }
    if (table === 'indexed') {
      const page = await fixture.run(query, {
        table,
        index: 'by-number',
        keyConditions: new Map([
          ['h', { op: 'eq' as const, value: value('h3') }],
          ['number', { op: 'eq' as const, value: value(3) }],
        ]),
        select: 'COUNT',
        consistentRead: true,
        forward: true,
      })
      assert.is(page.count, lines.filter((_, i) => i % 40 === 3 && i % 7 === 3).length)
    }
    await fixture.close()
  }
})

test('a table deleted during a bulk load fails the next line', async () => {
  for (const isMadeAnew of [false, true]) {
    const fixture = await withTables()
    let written = (): void => {}
    const isWritten = new Promise<void>((resolve) => {
      written = resolve
    })
    async function* lines() {
      yield [put('a', 1), put('a', 2)]
      await isWritten
      await fixture.run(deleteTable, { table: 'plain' })
      if (isMadeAnew) await createWhenGone(fixture, 'plain')
      yield [put('a', 3), put('a', 4)]
    }
    const result = await load(fixture, lines(), 'plain', ({ processed }) => {
      if (processed === 2) written()
    })
    assert.equal(counts(result), [4, 2, 1, 1])
    assert.is(result.lastLine?.text(), 'a 3 0')
    const failure = result.failures[0]?.error.reason ?? { is: 'internal' }
    const expected = isMadeAnew ? / has been made anew/ : /does not exist|DELETING/
    assert.match(messageOf(failure), expected)
    if (isMadeAnew) assert.is(await fixture.get('plain', item({ h: 'a', r: 3 })), undefined)
    await fixture.close()
  }
})

async function createWhenGone(fixture: EngineFixture, table: string): Promise<void> {
  for (;;) {
    try {
      await fixture.create(table)
      return
    } catch (error) {
      if (!(error instanceof MagnetoDBError)) throw error
      await new Promise(setImmediate)
    }
  }
}

test('a bulk load without lines succeeds, even into a missing table', async () => {
  const fixture = await withTables()
  const result = await load(fixture, [], 'missing')
  assert.equal(counts(result), [0, 0, 0, 0])
  assert.is(result.lastLine, undefined)
  await fixture.close()
})

test('a bulk load into a missing table fails at the first line', async () => {
  const fixture = await withTables()
  const result = await load(fixture, [put('a', 1), put('a', 2), put('a', 3)], 'missing')
  assert.equal(counts(result), [3, 0, 2, 1])
  assert.is(result.lastLine?.text(), 'a 1 0')
  assert.equal(
    result.failures.map(({ line, error }) => [line.text(), error.code]),
    [['a 1 0', 'table_not_found']],
  )
  await fixture.close()
})

test('of bulk load lines with one key the last wins', async () => {
  const fixture = await withTables()
  const lines = Array.from({ length: 2500 }, (_, i) => put('a', i % 3, i))
  assert.equal(counts(await load(fixture, lines, 'indexed')), [2500, 2500, 0, 0])
  const found = await fixture.get('indexed', item({ h: 'a', r: 0 }))
  assert.is(found && shown(found), shown(item({ h: 'a', r: 0, text: 'v2499', number: 2499 })))
  await fixture.close()
})

test('a bulk load writes items larger than a commit and lines of any size', async () => {
  const fixture = await withTables()
  const lines = Array.from({ length: 30 }, (_, r) =>
    lineOf(`${r}`.padEnd(409_000), item({ h: 'a', r, text: 'x', data: 'x'.repeat(400_000) })),
  )
  assert.equal(counts(await load(fixture, lines, 'indexed')), [30, 30, 0, 0])
  await fixture.close()
})

test('bulk load lines before a bad one are written, later ones are not tried', async () => {
  const random = seeded('bulk load of bad lines')
  for (let run = 0; run < 40; run++) {
    const fixture = await withTables()
    const length = 1 + random.below(2500)
    const bad = random.below(length)
    const lines = Array.from({ length }, (_, i) => (i === bad ? BAD : put(`h${i % 3}`, i)))
    const stream = chunked(lines, 1 + random.below(900))
    const result = await load(fixture, stream, random.pick(['plain', 'indexed']))
    assert.equal(counts(result), [length, bad, length - bad - 1, 1])
    assert.is(result.lastLine, BAD)
    await fixture.close()
  }
})

test('after a failed write exactly the lines up to last_item were tried', async () => {
  const random = seeded('bulk load with faults')
  for (let run = 0; run < 40; run++) {
    const length = 1 + random.below(4000)
    const partitions = 1 + random.below(200)
    const poison = new Set([random.below(length), random.below(length)])
    const tried = new Set<number>()
    const applied = new Set<number>()
    const fixture = await withTables(({ commit }) => {
      const rows = (commit?.put ?? []).map(({ value }) => Number(/v(\d+)/.exec(`${value}`)?.[1]))
      for (const row of rows) tried.add(row)
      if (rows.some((row) => poison.has(row))) return { fault: 'unavailable' }
      for (const row of rows) applied.add(row)
      return undefined
    })
    const lines = Array.from({ length }, (_, i) => put(`h${random.below(partitions)}`, i, i))
    const bad = random.below(2 * length)
    if (bad < length) lines[bad] = BAD
    const result = await load(fixture, chunked(lines, 1 + random.below(900)))
    const last = result.lastLine === undefined ? -1 : lines.indexOf(result.lastLine)
    const { read, processed, unprocessed, failed } = result
    assert.is(read, length)
    assert.is(processed + unprocessed + failed, read)
    assert.is(processed + failed, last + 1)
    assert.is(processed, applied.size)
    assert.ok(failed > 0)
    const isBadTried = bad <= last
    assert.is(tried.size, last + 1 - (isBadTried ? 1 : 0))
    assert.ok([...tried].every((line) => line <= last))
    assert.is(result.failures.length, failed)
    await fixture.close()
  }
})

test('a bulk load line of unknown outcome counts as failed', async () => {
  const fixture = await withTables(() => ({ fault: 'lost-unknown' }))
  const result = await load(fixture, [put('a', 1)])
  assert.equal(counts(result), [1, 0, 0, 1])
  assert.is(result.failures[0]?.error.code, 'outcome_unknown')
  await fixture.close()
})

test('a bulk load keeps a bounded number of failures and counts all', async () => {
  const fixture = await withTables(() => ({ fault: 'unavailable' }))
  const lines = Array.from({ length: 30 }, (_, i) => {
    const text = `${i}`.padEnd(200_000)
    return lineOf(text, item({ h: 'a', r: i }))
  })
  const result = await load(fixture, chunked(lines, 30))
  assert.is(result.failed + result.unprocessed, 30)
  assert.ok(result.failed > 5)
  assert.is(result.failures.length, Math.floor(FAILURES_BYTES_MAX / 200_000))
  await fixture.close()
})

test('a programming error ends a bulk load, not a line', async () => {
  const fixture = await withTables()
  const defect = new TypeError('defect')
  const line = {
    ...put('a', 1),
    decode() {
      throw defect
    },
  }
  const error = await load(fixture, [line]).catch((cause: unknown) => cause)
  assert.is(error, defect)
  await fixture.close()
})

test('lines that came before a broken stream are written', async () => {
  const fixture = await withTables()
  const broken = new Error('broken')
  async function* lines() {
    yield [put('a', 1), put('a', 2)]
    throw broken
  }
  assert.is(await load(fixture, lines()).catch((cause: unknown) => cause), broken)
  assert.ok(await fixture.get('plain', item({ h: 'a', r: 2 })))
  await fixture.close()
})

test('a bulk load reads at most two windows ahead, with bounded commits in flight', async () => {
  const release: (() => void)[] = []
  let inFlight = 0
  let inFlightMax = 0
  const fixture = await withTables()
  const { commit } = fixture.driver
  const { id } = await fixture.run(describeTable, { table: 'plain' })
  const loaded = Buffer.from(id.replaceAll('-', ''), 'hex')
  fixture.driver.commit = async (...call) => {
    // Background jobs commit, too.
    if (!call[0].equals(loaded)) return commit(...call)
    inFlightMax = Math.max(inFlightMax, ++inFlight)
    await new Promise<void>((resolve) => release.push(resolve))
    inFlight--
    return commit(...call)
  }
  let given = 0
  async function* lines() {
    for (; given < 20_000; given += 100) {
      yield Array.from({ length: 100 }, (_, i) => put(`h${given + i}`, i))
    }
  }
  const loading = load(fixture, lines())
  const aBit = () => new Promise((resolve) => setTimeout(resolve, 50))
  await aBit()
  const before = given
  assert.ok(before <= 1200, `${before} lines were taken`)
  await aBit()
  assert.is(given, before)
  assert.ok(inFlight > 50)
  let isDone = false
  const done = loading.finally(() => {
    isDone = true
  })
  while (!isDone) {
    for (const one of release.splice(0)) one()
    await new Promise(setImmediate)
  }
  assert.equal(counts(await done), [20_000, 20_000, 0, 0])
  assert.is(inFlightMax, COMMITS_IN_FLIGHT_MAX)
  await fixture.close()
})

test('with indexes a bulk load has the same bound on rows in flight', async () => {
  const fixture = await withTables()
  const { commit } = fixture.driver
  let bytes = 0
  let bytesMax = 0
  fixture.driver.commit = async (...call) => {
    const own = call[2].put.reduce((sum, row) => sum + row.value.length, 0)
    bytes += own
    bytesMax = Math.max(bytesMax, bytes)
    await new Promise((resolve) => setTimeout(resolve, 50))
    bytes -= own
    return commit(...call)
  }
  const data = 'x'.repeat(20_000)
  const attributes = { text: 'x', number: 1, extra: data }
  const lines = Array.from({ length: 400 }, (_, r) =>
    lineOf(`${r}`.padEnd(20_200), item({ h: `h${r}`, r, ...attributes })),
  )
  assert.equal(counts(await load(fixture, lines, 'indexed')), [400, 400, 0, 0])
  assert.ok(bytesMax > 500_000 && bytesMax < 2.5 * 1024 * 1024, `${bytesMax} bytes`)
  await fixture.close()
})

test('too long a line fails alone; lines before it are written', async () => {
  const fixture = await withTables()
  const tooLong = lineOf('too long', item({ h: 'h', r: 25, set: longNumbers(21_500) }))
  const lines = Array.from({ length: 50 }, (_, r) => (r === 25 ? tooLong : put('h', r)))
  const result = await load(fixture, chunked(lines, 50))
  assert.equal(counts(result), [50, 25, 24, 1])
  assert.equal(
    result.failures.map(({ line, error }) => [line.text(), error.code]),
    [['too long', 'validation']],
  )
  assert.ok(await fixture.get('plain', item({ h: 'h', r: 24 })))
  assert.is(await fixture.get('plain', item({ h: 'h', r: 26 })), undefined)
  await fixture.close()
})

test('progress counts of a bulk load never decrease and add up', async () => {
  const fixture = await withTables()
  const seen: LoadCounts[] = []
  const lines = Array.from({ length: 3000 }, (_, i) => put(`h${i}`, i))
  await load(fixture, lines, 'plain', (each) => seen.push({ ...each }))
  for (let i = 1; i < seen.length; i++) {
    assert.ok((seen[i]?.read ?? 0) >= (seen[i - 1]?.read ?? 0))
    assert.ok((seen[i]?.processed ?? 0) >= (seen[i - 1]?.processed ?? 0))
  }
  assert.equal(counts(seen.at(-1) as LoadCounts), [3000, 3000, 0, 0])
  await fixture.close()
})

test.run()
