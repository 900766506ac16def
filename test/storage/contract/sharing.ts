import * as assert from 'uvu/assert'
import type { Test } from '../../support/suite.ts'
import type { Contract } from '../contract.ts'
import { commitOf, putRow, type TableFixture, text } from './table-fixture.ts'

const P = text('hot partition')
const COUNTER = text('counter')

interface Tally {
  acknowledged: number
  unknown: number
}

export function sharingTests(test: Test, contract: Contract): void {
  test('two drivers increment one row and lose no increment', async () => {
    const table = contract.table()
    const processes = [table, await contract.byAnother(table), await contract.byAnother(table)]
    await table.put(P, COUNTER, '0')
    const tally: Tally = { acknowledged: 0, unknown: 0 }
    const rounds = contract.scaled(100, 10)
    const lanes = [...processes, ...processes]
    await Promise.all(lanes.map((by) => count(by, rounds, tally)))
    const counted = Number(await table.value(P, COUNTER))
    assert.ok(counted >= tally.acknowledged, `${tally.acknowledged} acknowledged, ${counted} there`)
    assert.ok(counted <= tally.acknowledged + tally.unknown)
    assert.ok(tally.acknowledged >= lanes.length)
  })

  test('of two drivers that insert one row, one wins and both see its row', async () => {
    const table = contract.table()
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

  test('commits to disjoint rows of one partition at once are all applied', async () => {
    const table = contract.table()
    const lanes = contract.scaled(200, 60)
    const results = await Promise.all(
      Array.from({ length: lanes }, (_, lane) =>
        table.write(P, { put: [putRow(text(`row ${lane}`), `${lane}`)] }),
      ),
    )
    const rows = await table.rows(P)
    assert.is(rows.length, lanes)
    for (const [lane, id] of results.entries()) {
      assert.equal((await table.get(P, text(`row ${lane}`)))?.version, id)
    }
  })
}

/** Increments the counter until `rounds` increments have succeeded. */
async function count(table: TableFixture, rounds: number, tally: Tally): Promise<void> {
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
