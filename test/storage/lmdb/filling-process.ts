/** A separate process with a limit on its file's length, to imitate a full disk. It puts rows until
 * one fails, then deletes one and puts again. It prints a line for each row put, and the outcome of
 * the rest. */
import { StorageUnavailableError } from '../../../src/storage/driver.ts'
import { LmdbDriver } from '../../../src/storage/lmdb/driver.ts'
import { putRow, TableFixture, text } from '../contract/table-fixture.ts'

const ROWS_MAX = 1_000
const VALUE = Buffer.alloc(50_000, 1)
const S = text('s')

const [path = ''] = process.argv.slice(2)
const driver = new LmdbDriver({ path, mapSizeBytes: 2 ** 30 })
await driver.open()
const table = new TableFixture(driver, Buffer.alloc(16, 1))

async function outcome(row: number, change: Parameters<typeof table.outcome>[1]): Promise<string> {
  try {
    return await table.outcome(text(`row ${row}`), change)
  } catch (error) {
    if (error instanceof StorageUnavailableError) return 'unavailable'
    throw error
  }
}

const put = { put: [putRow(S, VALUE)] }
let rows = 0
let failure = await outcome(rows, put)
for (; failure === 'applied' && rows < ROWS_MAX; failure = await outcome(rows, put)) {
  console.log(String(rows++))
}
const again = await outcome(rows, put)
const deletion = await outcome(0, { delete: [S] })
let readable = 0
for (let row = 0; row <= rows; row++) {
  if (await table.get(text(`row ${row}`), S)) readable++
}
await driver.close()
console.log(JSON.stringify({ rows, failure, again, deletion, readable }))
