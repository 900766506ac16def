import * as assert from 'uvu/assert'
import { StorageUnavailableError } from '../../../src/storage/driver.ts'
import { below } from '../../support/at-once.ts'
import type { Contract, ContractTest } from '../contract.ts'
import {
  commitOf,
  EVERYTHING,
  putRow,
  strongRead,
  type TableFixture,
  text,
} from './table-fixture.ts'

const P = text('hot partition')
const COUNTER = text('counter')

/** Several drivers on one store, and calls that come too late. */
export function driverTests(test: ContractTest, contract: Contract): void {
  test('several drivers can open a store at once, and one that is already open', async (table) => {
    const others = below(4).map(() => contract.store().another())
    await Promise.all(others.map((driver) => driver.open()))
    await table.put(text('p'), text('s'), 'seen by all')
    for (const other of others) {
      assert.is(await table.by(other).value(text('p'), text('s')), 'seen by all')
      await other.close()
    }
    assert.is(await table.value(text('p'), text('s')), 'seen by all')
  })

  test('a call after its deadline rejects with StorageUnavailableError, undone', async ({
    driver,
    table,
  }) => {
    const journal = contract.table().table
    const deadline = performance.now() - 1
    const read = { level: 'strong', deadline } as const
    const [p, s] = [text('p'), text('s')]
    const request = { segment: 0, totalSegments: 1, range: {}, budget: EVERYTHING }
    const late = [
      () => driver.get(table, p, s, read),
      () => driver.getMany(table, p, [s], read),
      () => driver.slice(table, p, {}, 'forward', EVERYTHING, read),
      () => driver.scan(table, request, read),
      () => driver.sorts(table, p, {}, 1, read),
      () => driver.commit(table, p, commitOf({ put: [putRow(s)] }), deadline),
      () => driver.append(journal, p, [{ sort: s, value: s }], deadline),
      () => driver.drop(journal, p, 1n, deadline),
    ]
    for (const call of late) {
      const error = await call().catch((reason: unknown) => reason)
      assert.instance(error, StorageUnavailableError, String(call))
    }
    for (const each of [table, journal]) {
      assert.is(await driver.get(each, p, s, strongRead()), null)
    }
  })

  test('two drivers increment one row and lose no increment', async (table) => {
    const processes = [table, await contract.byAnother(table), await contract.byAnother(table)]
    await table.put(P, COUNTER, '0')
    const tally = { acknowledged: 0, unknown: 0 }
    const rounds = contract.scaled(100, 10)
    const lanes = [...processes, ...processes]
    await Promise.all(lanes.map((by) => count(by, rounds, tally)))
    const counted = Number(await table.value(P, COUNTER))
    assert.ok(counted >= tally.acknowledged, `${tally.acknowledged} acknowledged, ${counted} there`)
    assert.ok(counted <= tally.acknowledged + tally.unknown)
    assert.ok(tally.acknowledged >= lanes.length)
  })

  test('of two drivers that insert one row, one wins and both see its row', async (table) => {
    const other = await contract.byAnother(table)
    for (let round = 0; round < contract.scaled(30, 5); round += 1) {
      const sort = text(`row ${round}`)
      const inserts = [table, other, table, other].map(async (by, index) => {
        const put = [putRow(sort, `writer ${index}`)]
        const commit = commitOf({ put, require: [{ sort, version: null }] })
        return { index, id: commit.id, outcome: (await by.commit(P, commit)).outcome }
      })
      const results = await Promise.all(inserts)
      const winners = results.filter(({ outcome }) => outcome === 'applied')
      const unknown = results.filter(({ outcome }) => outcome === 'unknown')
      assert.ok(winners.length === 1 || (winners.length === 0 && unknown.length > 0))
      const row = await other.get(P, sort)
      const [winner = results.find(({ id }) => row?.version.equals(id))] = winners
      assert.equal(row?.version, winner?.id)
      assert.equal(row?.value.toString(), `writer ${winner?.index}`)
    }
  })

  test('commits to disjoint rows of one partition at once are all applied', async (table) => {
    const sorts = below(contract.scaled(200, 60)).map((lane) => text(`row ${lane}`))
    const ids = await Promise.all(sorts.map((sort) => table.put(P, sort)))
    assert.is((await table.rows(P)).length, sorts.length)
    for (const [lane, sort] of sorts.entries()) {
      assert.equal((await table.get(P, sort))?.version, ids[lane])
    }
  })
}

/** Increments the counter until `rounds` increments have succeeded. */
async function count(
  table: TableFixture,
  rounds: number,
  tally: { acknowledged: number; unknown: number },
) {
  for (let done = 0; done < rounds; ) {
    const row = await table.get(P, COUNTER)
    const commit = commitOf({
      put: [putRow(COUNTER, `${Number(row?.value.toString()) + 1}`)],
      require: [{ sort: COUNTER, version: row?.version ?? null }],
    })
    let result = await table.commit(P, commit)
    let unsure = false
    while (result.outcome === 'unknown') {
      unsure = true
      result = await table.commit(P, commit)
    }
    const seen = result.outcome === 'refused' ? result.current[0]?.version : commit.id
    if (seen?.equals(commit.id)) {
      tally.acknowledged += 1
      done += 1
    } else if (unsure) {
      tally.unknown += 1
    }
  }
}
