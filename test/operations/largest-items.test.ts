import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LmdbDriver } from '../../src/storage/lmdb/driver.ts'
import { suite } from '../support/suite.ts'
import { largestItems } from './largest-items.ts'

const test = suite('largest items')

let folder: string
let lmdb: LmdbDriver

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'magnetodb-largest-items-'))
  lmdb = new LmdbDriver({ path: folder, mapSizeBytes: 256 * 1024 * 1024 })
  await lmdb.open()
})

test.after(async () => {
  await lmdb.close()
  await rm(folder, { recursive: true })
})

largestItems(test, () => lmdb)

test.run()
