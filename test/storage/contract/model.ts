import { isDeepStrictEqual } from 'node:util'
import * as assert from 'uvu/assert'
import type { Commit, ScannedRow } from '../../../src/storage/driver.ts'
import { type Seeded, seeded } from '../../seeded.ts'
import { below } from '../../support/at-once.ts'
import type { Contract, ContractTest } from '../contract.ts'
import { commitOf, isIn, putRow, type TableFixture } from './table-fixture.ts'

type ModelRow = Pick<ScannedRow, 'partition' | 'sort' | 'value' | 'version' | 'size'>

function plain({ partition, sort, value, version, size }: ModelRow): ModelRow {
  return { partition, sort, value, version, size }
}

export function modelTests(test: ContractTest, contract: Contract): void {
  test('random commits and reads agree with a plain model', async (table) => {
    const random = seeded('model')
    /** The rows that are there, in any order. */
    let model: readonly ModelRow[] = []
    const word = (lengthMax: number) =>
      Buffer.from(
        below(1 + random.below(lengthMax)).map(() => random.pick([0x00, 0x01, 0x41, 0xff])),
      )
    const partitions = [Buffer.alloc(2048, 0x41), ...below(5).map(() => word(3))]
    for (let rounds = contract.scaled(1500, 150); rounds > 0; rounds -= 1) {
      const partition = random.pick(partitions)
      const rows = model.filter((row) => row.partition.equals(partition))
      if (random.below(10) < 6) {
        const commit = randomCommit(rows, random, word)
        const result = await table.commit(partition, commit)
        const holds = commit.require.every(
          ({ sort, version }) =>
            version === undefined || isDeepStrictEqual(version, versionOf(rows, sort)),
        )
        assert.is(result.outcome, holds ? 'applied' : 'refused')
        if (!holds) continue
        const isKept = (row: ModelRow) =>
          !rows.includes(row) || commit.require.every(({ sort }) => !sort.equals(row.sort))
        const put = commit.put.map((row) => plain({ ...row, partition, version: commit.id }))
        model = [...model.filter(isKept), ...put]
      } else {
        await compareReads(table, partition, rows, random, word)
      }
    }
    const scanned = await table.scanAll({ budget: { rows: 3, bytes: 25 } })
    assert.equal(scanned.map(plain), model.toSorted(table.scanOrder))
  })
}

function versionOf(rows: readonly ModelRow[], sort: Buffer): Buffer | null {
  return rows.find((row) => row.sort.equals(sort))?.version ?? null
}

/** Writes up to three rows of the partition, all of which it requires. */
function randomCommit(
  rows: readonly ModelRow[],
  random: Seeded,
  word: (lengthMax: number) => Buffer,
): Commit {
  const words = [word(3), word(3), word(3)]
  const sorts = [...new Map(words.map((sort) => [sort.toString('hex'), sort])).values()]
  const require = sorts.map((sort) => {
    const choice = random.below(8)
    const right = choice === 1 ? null : versionOf(rows, sort)
    const version = choice === 0 ? random.bytes(16) : right
    return choice < 5 ? { sort, version } : { sort }
  })
  const puts = sorts.filter(() => random.below(3) > 0)
  const put = puts.map((sort) => putRow(sort, `${random.below(1e6)}`, random.below(20)))
  return commitOf({ require, put, delete: sorts.filter((sort) => !puts.includes(sort)) })
}

async function compareReads(
  table: TableFixture,
  partition: Buffer,
  rows: readonly ModelRow[],
  random: Seeded,
  word: (lengthMax: number) => Buffer,
): Promise<void> {
  const sort = word(3)
  const got = await table.get(partition, sort)
  const wanted = rows.find((row) => row.sort.equals(sort)) ?? null
  assert.equal(got && plain({ ...got, partition }), wanted)
  const [from, to] = [word(2), word(3)].map((bound) => (random.below(3) === 0 ? undefined : bound))
  const direction = random.pick(['forward', 'backward'] as const)
  const sign = direction === 'forward' ? 1 : -1
  const budget = { rows: 1 + random.below(8), bytes: 1 + random.below(60) }
  const range = { ...(from && { from }), ...(to && { to }) }
  const slice = await table.slice(partition, range, direction, budget)
  const ordered = rows
    .filter((row) => isIn(range, row.sort))
    .toSorted((a, b) => sign * a.sort.compare(b.sort))
  let bytes = 0
  const page = ordered.filter(({ size }, index) => {
    const fits = index < budget.rows && (index === 0 || bytes < budget.bytes)
    bytes += size
    return fits
  })
  const found = slice.rows.map((row) => plain({ ...row, partition }))
  assert.equal(found, page)
  assert.ok(slice.more || page.length === ordered.length, 'rows are left and the page denies it')
}
