import * as assert from 'uvu/assert'
import type { Row } from '../../src/storage/driver.ts'
import { Page } from '../../src/storage/page.ts'
import { suite } from '../support/suite.ts'

const ROW: Row = {
  sort: Buffer.from('s'),
  value: Buffer.alloc(0),
  size: 10,
  version: Buffer.alloc(16),
  lock: null,
  order: 1n,
  expiresAt: 0,
}

const test = suite('page')

test('a page is full at its rows or bytes, and has at least one row', () => {
  const rowsUntilFull = (rows: number, bytes: number) => {
    const page = new Page<Row>({ rows, bytes })
    while (!page.full) {
      page.add(ROW)
    }
    return page.rows.length
  }
  assert.is(rowsUntilFull(3, 1000), 3)
  assert.is(rowsUntilFull(1000, 30), 3)
  assert.is(rowsUntilFull(1000, 31), 4)
  assert.is(rowsUntilFull(1, 0), 1)
  assert.is(rowsUntilFull(0, 0), 1)
})

test('a page takes no row beyond its budget and reports the rest of it', () => {
  const page = new Page<Row>({ rows: 3, bytes: 1000 })
  assert.ok(page.take([ROW, ROW]))
  assert.equal(page.left, { rows: 1, bytes: 980 })
  assert.not.ok(page.take([ROW, ROW]))
  assert.is(page.rows.length, 3)
  assert.ok(page.take([]))
  assert.equal(page.left, { rows: 0, bytes: 970 })
})

test.run()
