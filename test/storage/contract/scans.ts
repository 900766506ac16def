import * as assert from 'uvu/assert'
import type { ScannedRow } from '../../../src/storage/driver.ts'
import { segmentTokens } from '../../../src/storage/token.ts'
import { seeded } from '../../seeded.ts'
import { below } from '../../support/at-once.ts'
import type { Contract, ContractTest } from '../contract.ts'
import { EVERYTHING, nameOf, numbered, putRow, text } from './table-fixture.ts'

const HASH_ONLY = Buffer.from([0x10])

export function scanTests(test: ContractTest, contract: Contract): void {
  test('scan segments return every row once, for any number and page size', async (table) => {
    const neighbour = contract.table()
    const expected = new Set<string>()
    const partitions = contract.scaled(300, 60)
    for (let index = 0; index < partitions; index += 1) {
      const partition = text(`partition ${index}`)
      const rows = below(index % 10 === 0 ? 7 : 1)
      await table.loadNumbers(partition, rows)
      for (const n of rows) expected.add(nameOf({ partition, sort: numbered(n) }))
      if (index % 3 === 0) await neighbour.put(partition, numbered(0))
    }
    for (const totalSegments of [1, 2, 4, 7, 16]) {
      for (const rowsPerPage of [1, 3, 100]) {
        if (rowsPerPage === 1 && totalSegments !== 4) continue
        const seen: string[] = []
        for (const segment of below(totalSegments)) {
          const budget = { rows: rowsPerPage, bytes: EVERYTHING.bytes }
          const rows = await table.scanAll({ segment, totalSegments, budget })
          const { first, last } = segmentTokens(segment, totalSegments)
          const tokens = rows.map(({ partition }) => table.token(partition))
          assert.ok(
            tokens.every((token) => token >= first && token <= last),
            'outside its segment',
          )
          seen.push(...rows.map(nameOf))
        }
        assert.is(seen.length, expected.size, `${totalSegments} segments, pages of ${rowsPerPage}`)
        assert.equal(new Set(seen), expected)
      }
    }
  })

  test('a scan is ordered by token, partition and sort, for any segments', async (table) => {
    for (const n of below(40)) await table.loadNumbers(text(`p${n}`), [2, 0, 1])
    const rows = await table.scanAll()
    const sorted = rows.toSorted(table.scanOrder)
    assert.equal(rows.map(nameOf), sorted.map(nameOf))
    const parts: ScannedRow[] = []
    for (const segment of below(3)) {
      parts.push(...(await table.scanAll({ segment, totalSegments: 3 })))
    }
    assert.equal(parts.map(nameOf), sorted.map(nameOf))
  })

  test('a scan page ends at its rows or bytes and reports the end of the scan', async (table) => {
    for (const n of below(12)) await table.put(text(`p${n}`), HASH_ONLY, 'value', 10)
    const page = async (rows: number, bytes: number) => table.scan({ budget: { rows, bytes } })
    assert.is((await page(5, EVERYTHING.bytes)).rows.length, 5)
    assert.is((await page(5, EVERYTHING.bytes)).more, true)
    assert.is((await page(100, 1)).rows.length, 1)
    assert.is((await page(100, 30)).rows.length, 3)
    assert.is((await page(100, 31)).rows.length, 4)
    assert.is((await page(100, 31)).more, true)
    assert.is((await page(13, 121)).rows.length, 12)
    assert.is((await page(13, 121)).more, false)
    assert.equal(await contract.table().scan(), { rows: [], more: false })
  })

  test('a scan continues after any position, also of a deleted row or other segment', async () => {
    const table = contract.table()
    for (const n of below(30)) await table.loadNumbers(text(`p${n}`), [1, 3])
    const all = await table.scanAll()
    for (const [index, row] of all.entries()) {
      const behind = await table.scanAll({ after: row })
      assert.equal(behind.map(nameOf), all.slice(index + 1).map(nameOf))
      const gone = { ...row, sort: Buffer.concat([row.sort, Buffer.from([7])]) }
      assert.is((await table.scan({ after: gone })).rows.length, all.length - index - 1)
    }
    for (const after of all.filter((_, index) => index % 7 === 0)) {
      const token = table.token(after.partition)
      for (const segment of below(4)) {
        const { first, last } = segmentTokens(segment, 4)
        const rows = await table.scanAll({ segment, totalSegments: 4, after })
        const whole = await table.scanAll({ segment, totalSegments: 4 })
        if (token < first) assert.equal(rows.map(nameOf), whole.map(nameOf))
        if (token > last) assert.equal(rows, [])
      }
    }
    const absent = text('a partition that never was')
    const token = table.token(absent)
    const behind = all.filter(({ partition }) => table.token(partition) > token)
    const rows = await table.scanAll({ after: { partition: absent, sort: numbered(0) } })
    assert.equal(rows.map(nameOf), behind.map(nameOf))
  })

  test('a scan of a range skips rows outside of it in every partition', async (table) => {
    const outside = contract.scaled(200, 20)
    const byKind = (kind: number, n: number) => Buffer.concat([Buffer.from([kind]), numbered(n)])
    for (let index = 0; index < 20; index += 1) {
      const partition = text(`p${index}`)
      const kinds = [0x01, 0x20].flatMap((kind) => below(outside).map((n) => byKind(kind, n)))
      const rows = kinds.map((sort) => putRow(sort, 'before or behind'))
      const item = putRow(byKind(0x10, 0), 'item')
      await table.load(partition, index % 2 === 0 ? [...rows, item] : rows)
    }
    const range = { from: Buffer.from([0x10]), to: Buffer.from([0x11]) }
    for (const rows of [1, 3, 100]) {
      const seen = await table.scanAll({ range, budget: { rows, bytes: EVERYTHING.bytes } })
      assert.is(seen.length, 10)
      assert.ok(seen.every((row) => row.value.toString() === 'item'))
    }
    const one = await table.scan({ range: { from: byKind(0x20, 3), to: byKind(0x20, 5) } })
    assert.is(one.rows.length, 40)
    assert.equal((await table.scan({ range: { to: Buffer.from([0x01]) } })).rows, [])
    assert.equal((await table.scan({ range: { from: Buffer.from([0x30]) } })).more, false)
  })

  test('segments of a random table have about equal numbers of rows', async (table) => {
    const random = seeded('scan segments')
    const partitions = contract.scaled(800, 200)
    for (let index = 0; index < partitions; index += 1) {
      await table.put(Buffer.concat([numbered(index), random.bytes(3)]), HASH_ONLY)
    }
    for (const segment of below(4)) {
      const { length } = await table.scanAll({ segment, totalSegments: 4 })
      const share = length / partitions
      assert.ok(share > 0.1 && share < 0.4, `segment ${segment} of 4 has ${share} of the rows`)
    }
  })
}
