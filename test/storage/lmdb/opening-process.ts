/**
 * Another process on an LMDB database. By default it puts the given row and ends. With `open and
 * close` it repeats only that until it is killed. With `open until killed` it keeps the database
 * open. With `hide the latest commit` it decrements LMDB's shared number of the latest commit, as
 * lmdb itself may do when it opens a database beside a busy writer.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { LmdbDriver } from '../../../src/storage/lmdb/driver.ts'
import { TableFixture, text } from '../contract/table-fixture.ts'

/** Bytes in the lock file before this number: its magic and format numbers. */
const LATEST_COMMIT_OFFSET = 8

const [path = '', row = ''] = process.argv.slice(2)
const driver = new LmdbDriver({ path, mapSizeBytes: 64 * 1024 * 1024 })
if (row === 'hide the latest commit') {
  const file = openSync(join(path, 'lock.mdb'), 'r+')
  const number = Buffer.alloc(8)
  readSync(file, number, 0, 8, LATEST_COMMIT_OFFSET)
  number.writeBigUInt64LE(number.readBigUInt64LE() - 1n)
  writeSync(file, number, 0, 8, LATEST_COMMIT_OFFSET)
  closeSync(file)
} else if (row === 'open until killed') {
  await driver.open()
  setInterval(() => {}, 1_000)
} else if (row === 'open and close') {
  process.stdin.on('end', () => process.exit()).resume()
  for (;;) {
    await driver.open()
    await driver.close()
  }
} else {
  await driver.open()
  await new TableFixture(driver, Buffer.alloc(16, 1)).put(text('p'), text(row))
  await driver.close()
}
