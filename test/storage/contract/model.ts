import * as assert from 'uvu/assert'
import type { Row, Version } from '../../../src/storage/driver.ts'
import { partitionToken } from '../../../src/storage/token.ts'
import { type Seeded, seeded } from '../../seeded.ts'
import type { Test } from '../../support/suite.ts'
import type { Contract } from '../contract.ts'
import { commitOf, putRow, type TableFixture } from './table-fixture.ts'

interface ModelRow {
  readonly value: string
  readonly version: Version
  readonly size: number
}

/** A model of one table: from partition and sort, in hexadecimal, to the row last written. */
type Model = Map<string, Map<string, ModelRow>>

export function modelTests(test: Test, contract: Contract): void {
  test('random commits and reads agree with a plain model', async () => {
    const random = seeded('model')
    const table = contract.table()
    const model: Model = new Map()
    const bytes = [0x00, 0x01, 0x41, 0xff]
    const word = (lengthMax: number) =>
      Buffer.from(Array.from({ length: 1 + random.below(lengthMax) }, () => random.pick(bytes)))
    const partitions = Array.from({ length: 6 }, (_, index) =>
      index === 0 ? Buffer.alloc(2048, 0x41) : word(3),
    )
    const rounds = contract.scaled(1500, 150)
    for (let round = 0; round < rounds; round += 1) {
      const partition = random.pick(partitions)
      const sorts = [...new Set([word(3), word(3), word(3)].map((sort) => sort.toString('hex')))]
      if (random.below(10) < 6) {
        await commitBoth(table, model, random, partition, sorts)
      } else {
        await compareReads(table, model, random, partition, word)
      }
    }
    const scanned = await table.scanAll({ budget: { rows: 3, bytes: 25 } })
    const expected = [...model].flatMap(([partition, rows]) =>
      [...rows].map(([sort, row]) => ({ partition: Buffer.from(partition, 'hex'), sort, row })),
    )
    expected.sort(
      (a, b) =>
        partitionToken(table.table, a.partition).compare(
          partitionToken(table.table, b.partition),
        ) ||
        a.partition.compare(b.partition) ||
        (a.sort < b.sort ? -1 : 1),
    )
    assert.equal(
      scanned.map((row) => [row.partition.toString('hex'), plain(row)]),
      expected.map(({ partition, sort, row }) => [partition.toString('hex'), [sort, row]]),
    )
  })
}

function plain(row: Row): [string, ModelRow] {
  const { version, size } = row
  return [row.sort.toString('hex'), { value: row.value.toString(), version, size }]
}

async function commitBoth(
  table: TableFixture,
  model: Model,
  random: Seeded,
  partition: Buffer,
  sorts: readonly string[],
): Promise<void> {
  const rows = model.get(partition.toString('hex')) ?? new Map<string, ModelRow>()
  model.set(partition.toString('hex'), rows)
  const puts = sorts.filter(() => random.below(3) > 0)
  const deletes = sorts.filter((sort) => !puts.includes(sort))
  const stale = random.bytes(16)
  const require = sorts.map((sort) => {
    const version = rows.get(sort)?.version ?? null
    const choice = random.below(8)
    const wanted = choice === 0 ? stale : choice === 1 ? null : version
    return { sort: Buffer.from(sort, 'hex'), ...(choice < 5 ? { version: wanted } : {}) }
  })
  const commit = commitOf({
    id: random.bytes(16),
    require,
    put: puts.map((sort) =>
      putRow(Buffer.from(sort, 'hex'), `${random.below(1e6)}`, random.below(20)),
    ),
    delete: deletes.map((sort) => Buffer.from(sort, 'hex')),
  })
  const holds = require.every(({ sort, version }) => {
    const current = rows.get(sort.toString('hex'))?.version ?? null
    return version === undefined || (version === null ? current === null : current?.equals(version))
  })
  const result = await table.commit(partition, commit)
  assert.is(result.outcome, holds ? 'applied' : 'refused')
  if (holds) {
    for (const { sort, value, size } of commit.put) {
      rows.set(sort.toString('hex'), { value: value.toString(), version: commit.id, size })
    }
    for (const sort of deletes) rows.delete(sort)
  }
}

async function compareReads(
  table: TableFixture,
  model: Model,
  random: Seeded,
  partition: Buffer,
  word: (lengthMax: number) => Buffer,
): Promise<void> {
  const rows = model.get(partition.toString('hex')) ?? new Map<string, ModelRow>()
  const sort = word(3)
  const got = await table.get(partition, sort)
  assert.equal(got === null ? undefined : plain(got)[1], rows.get(sort.toString('hex')))
  const [from, to] = [word(2), word(3)].map((bound) => (random.below(3) === 0 ? undefined : bound))
  const direction = random.pick(['forward', 'backward'] as const)
  const budget = { rows: 1 + random.below(8), bytes: 1 + random.below(60) }
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
  const slice = await table.slice(partition, range, direction, budget)
  const inRange = [...rows]
    .filter(([name]) => from === undefined || name >= from.toString('hex'))
    .filter(([name]) => to === undefined || name < to.toString('hex'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const ordered = direction === 'forward' ? inRange : inRange.reverse()
  let bytes = 0
  const page = ordered.filter(([, row], index) => {
    const fits = index < budget.rows && (index === 0 || bytes < budget.bytes)
    bytes += row.size
    return fits
  })
  assert.equal(slice.rows.map(plain), page)
  assert.ok(slice.more || page.length === ordered.length, 'rows are left and the page denies it')
}
