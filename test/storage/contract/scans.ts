import * as assert from 'uvu/assert'
import type { ScannedRow } from '../../../src/storage/driver.ts'
import { partitionToken, segmentTokens, tokenNumber } from '../../../src/storage/token.ts'
import { seeded } from '../../seeded.ts'
import type { Test } from '../../support/suite.ts'
import type { Contract } from '../contract.ts'
import {
  EVERYTHING,
  load,
  loadNumbered,
  numbered,
  putRow,
  rowsOf,
  type TableFixture,
  text,
} from './table-fixture.ts'

const HASH_ONLY = Buffer.from([0x10])

export function scanTests(test: Test, contract: Contract): void {
  test('scan segments return every row once, for any number and page size', async () => {
    const table = contract.table()
    const neighbour = contract.table()
    const expected = new Set<string>()
    const partitions = contract.scaled(300, 60)
    for (let index = 0; index < partitions; index += 1) {
      const partition = text(`partition ${index}`)
      const rows = index % 10 === 0 ? 7 : 1
      await loadNumbered(table, partition, rows)
      for (let n = 0; n < rows; n += 1) {
        expected.add(nameOf({ partition, sort: numbered(n) }))
      }
      if (index % 3 === 0) await neighbour.put(partition, numbered(0))
    }
    for (const totalSegments of [1, 2, 4, 7, 16]) {
      for (const rowsPerPage of [1, 3, 100]) {
        if (rowsPerPage === 1 && totalSegments !== 4) continue
        const seen: string[] = []
        for (let segment = 0; segment < totalSegments; segment += 1) {
          const budget = { rows: rowsPerPage, bytes: EVERYTHING.bytes }
          const rows = await table.scanAll({ segment, totalSegments, budget })
          assertInSegment(table, rows, segment, totalSegments)
          seen.push(...rows.map(nameOf))
        }
        assert.is(seen.length, expected.size, `${totalSegments} segments, pages of ${rowsPerPage}`)
        assert.equal(new Set(seen), expected)
      }
    }
  })

  test('a scan is ordered by token, partition and sort, for any segments', async () => {
    const table = contract.table()
    for (let index = 0; index < 40; index += 1) {
      await load(table, text(`p${index}`), rowsOf([2, 0, 1]))
    }
    const rows = await table.scanAll()
    const sorted = rows.toSorted(table.scanOrder)
    assert.equal(rows.map(nameOf), sorted.map(nameOf))
    const parts: ScannedRow[] = []
    for (let segment = 0; segment < 3; segment += 1) {
      parts.push(...(await table.scanAll({ segment, totalSegments: 3 })))
    }
    assert.equal(parts.map(nameOf), sorted.map(nameOf))
  })

  test('a scan page ends at its rows or bytes and reports the end of the scan', async () => {
    const table = contract.table()
    for (let index = 0; index < 12; index += 1) {
      await table.put(text(`p${index}`), HASH_ONLY, 'value', 10)
    }
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
    for (let index = 0; index < 30; index += 1) {
      await load(table, text(`p${index}`), rowsOf([1, 3]))
    }
    const all = await table.scanAll()
    for (const [index, row] of all.entries()) {
      const behind = await table.scanAll({ after: row })
      assert.equal(behind.map(nameOf), all.slice(index + 1).map(nameOf))
      const gone = { partition: row.partition, sort: Buffer.concat([row.sort, Buffer.from([7])]) }
      assert.is((await table.scan({ after: gone })).rows.length, all.length - index - 1)
    }
    for (const after of all.filter((_, index) => index % 7 === 0)) {
      const token = tokenNumber(partitionToken(table.table, after.partition))
      for (let segment = 0; segment < 4; segment += 1) {
        const { first, last } = segmentTokens(segment, 4)
        const rows = await table.scanAll({ segment, totalSegments: 4, after })
        const whole = await table.scanAll({ segment, totalSegments: 4 })
        if (token < first) {
          assert.equal(rows.map(nameOf), whole.map(nameOf))
        } else if (token > last) {
          assert.equal(rows, [])
        }
      }
    }
    const absent = text('a partition that never was')
    const token = partitionToken(table.table, absent)
    const behind = all.filter(
      ({ partition }) => partitionToken(table.table, partition).compare(token) > 0,
    )
    const rows = await table.scanAll({ after: { partition: absent, sort: numbered(0) } })
    assert.equal(rows.map(nameOf), behind.map(nameOf))
  })

  test('a scan of a range skips rows outside of it in every partition', async () => {
    const table = contract.table()
    const outside = contract.scaled(200, 20)
    const byKind = (kind: number, n: number) => Buffer.concat([Buffer.from([kind]), numbered(n)])
    for (let index = 0; index < 20; index += 1) {
      const partition = text(`p${index}`)
      const rows = Array.from({ length: outside }, (_, n) => [
        putRow(byKind(0x01, n), 'before'),
        putRow(byKind(0x20, n), 'index entry'),
      ]).flat()
      const item = putRow(byKind(0x10, 0), 'item')
      await load(table, partition, index % 2 === 0 ? [...rows, item] : rows)
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

  test('segments of a random table have about equal numbers of rows', async () => {
    const random = seeded('scan segments')
    const table = contract.table()
    const partitions = contract.scaled(800, 200)
    for (let index = 0; index < partitions; index += 1) {
      await table.put(Buffer.concat([numbered(index), random.bytes(3)]), HASH_ONLY)
    }
    for (let segment = 0; segment < 4; segment += 1) {
      const { length } = await table.scanAll({ segment, totalSegments: 4 })
      const share = length / partitions
      assert.ok(share > 0.1 && share < 0.4, `segment ${segment} of 4 has ${share} of the rows`)
    }
  })
}

function nameOf(row: { readonly partition: Buffer; readonly sort: Buffer }): string {
  return `${row.partition.toString('hex')} ${row.sort.toString('hex')}`
}

function assertInSegment(
  table: TableFixture,
  rows: readonly ScannedRow[],
  segment: number,
  totalSegments: number,
): void {
  const { first, last } = segmentTokens(segment, totalSegments)
  for (const { partition } of rows) {
    const token = tokenNumber(partitionToken(table.table, partition))
    assert.ok(token >= first && token <= last, 'a row outside its segment')
  }
}
