import * as assert from 'uvu/assert'
import { PARTITION_BYTES_MAX, SORT_BYTES_MAX } from '../../../src/storage/driver.ts'
import { below } from '../../support/at-once.ts'
import type { Contract, ContractTest } from '../contract.ts'
import { EVERYTHING, putRow, sortsOf, text } from './table-fixture.ts'

const ITEM_BYTES_MAX = 400 * 1024

export function keyTests(test: ContractTest, contract: Contract): void {
  test('partitions of every length, of 00 and FF, and close neighbours are separate', async () => {
    const table = contract.table()
    const ends = [Buffer.alloc(0), Buffer.from([0x00]), Buffer.from([0x01]), Buffer.from([0xff])]
    const lengths = [1, 2, 16, 255, 1023, 1024, 2046, PARTITION_BYTES_MAX - 1]
    const starts = lengths.flatMap((length) =>
      [0x00, 0x41, 0xff].map((byte) => Buffer.alloc(length, byte)),
    )
    const partitions = starts.flatMap((start) => ends.map((end) => Buffer.concat([start, end])))
    const names = new Set(partitions.map((partition) => partition.toString('hex')))
    for (const name of names) {
      const partition = Buffer.from(name, 'hex')
      await table.put(partition, partition.subarray(0, 20), name)
      await table.put(partition, Buffer.alloc(21, 0xff), 'last')
    }
    for (const name of names) {
      const partition = Buffer.from(name, 'hex')
      const rows = await table.rows(partition)
      assert.is(rows.length, 2, `${partition.length} bytes of ${partition[0]}`)
      assert.is(await table.value(partition, partition.subarray(0, 20)), name)
      const backward = await table.slice(partition, {}, 'backward')
      assert.equal(sortsOf(backward.rows), sortsOf(rows).toReversed())
    }
    for (const rows of [7, EVERYTHING.rows]) {
      const scanned = await table.scanAll({ budget: { rows, bytes: EVERYTHING.bytes } })
      assert.is(scanned.length, names.size * 2)
      const firsts = scanned.filter(({ value }) => value.toString() !== 'last')
      for (const row of firsts) assert.is(row.partition.toString('hex'), row.value.toString())
      assert.is(new Set(firsts.map(({ value }) => value.toString())).size, names.size)
    }
  })

  test('long partitions that differ in their last byte are separate', async (table) => {
    const one = Buffer.alloc(PARTITION_BYTES_MAX, 0x61)
    const two = Buffer.from(one)
    two[PARTITION_BYTES_MAX - 1] = 0x62
    const version = await table.put(one, text('s'), 'one')
    assert.is(await table.get(two, text('s')), null)
    await table.put(two, text('s'), 'two')
    await table.write(two, { delete: [text('s')] })
    assert.equal((await table.get(one, text('s')))?.version, version)
    assert.equal(await table.rows(two), [])
  })

  test('sorts of any length, of 00 and of FF, keep their byte order', async (table) => {
    for (const partition of [text('p'), Buffer.alloc(PARTITION_BYTES_MAX, 0xff)]) {
      const sorts = [1, 2, 1023, 1024, SORT_BYTES_MAX - 1, SORT_BYTES_MAX].flatMap((length) =>
        [0x00, 0x01, 0x80, 0xff].map((byte) => Buffer.alloc(length, byte)),
      )
      const bytesOf = (sort: Buffer) => `${sort.length} ${sort[0]}`
      for (const sort of sorts) await table.put(partition, sort, bytesOf(sort))
      const expected = sorts.toSorted(Buffer.compare)
      const rows = await table.rows(partition)
      const found = rows.map(({ sort }) => sort)
      assert.equal(found, expected)
      for (const [index, sort] of expected.entries()) {
        assert.is(await table.value(partition, sort), bytesOf(sort))
        const behind = await table.slice(partition, { from: sort }, 'forward')
        assert.is(behind.rows.length, expected.length - index)
        const before = await table.slice(partition, { to: sort }, 'backward')
        assert.is(before.rows.length, index)
      }
      for (const [index, next] of expected.slice(1).entries()) {
        const after = { partition, sort: expected[index] as Buffer }
        const { rows: behind } = await table.scan({ after, budget: { rows: 1, bytes: 1 } })
        assert.equal(behind[0]?.sort, next)
      }
    }
  })

  test('one commit takes an item of 400 KB and five index entries of its size', async (table) => {
    const partition = Buffer.alloc(PARTITION_BYTES_MAX, 0x70)
    const bytesOf = (n: number) => Buffer.alloc(ITEM_BYTES_MAX, 0x30 + n)
    const put = below(6).map((n) => putRow(Buffer.alloc(SORT_BYTES_MAX, n), bytesOf(n)))
    const first = await table.write(partition, { put })
    const rows = await table.rows(partition)
    assert.is(rows.length, 6)
    for (const [n, row] of rows.entries()) {
      assert.ok(row.value.equals(bytesOf(n)))
      assert.equal(row.version, first)
    }
    const budget = { rows: 100, bytes: 1024 * 1024 }
    const { rows: page, more } = await table.slice(partition, {}, 'forward', budget)
    assert.is(page.length, 3)
    assert.is(more, true)
    const others = put.slice(1).map(({ sort }) => sort)
    await table.write(partition, { put: put.slice(0, 1), delete: others })
    assert.is((await table.rows(partition)).length, 1)
  })
}
