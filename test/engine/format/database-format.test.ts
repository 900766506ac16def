import * as assert from 'uvu/assert'
import { claimFormat, formatProblem } from '../../../src/engine/format/database-format.ts'
import { DATABASE_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import { newVersion } from '../../../src/engine/format/version.ts'
import type { StorageDriver, TableId } from '../../../src/storage/driver.ts'
import { strongRead } from '../../storage/contract/table-fixture.ts'
import { faulty } from '../../storage/faulty-driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('database format')

const [DATABASE, FORMAT] = [Buffer.from('database'), Buffer.from('format')]
/** The table in which versions before 0.3.0 store the job of the sweep. */
const JOBS_TABLE_ID = Buffer.from('00000000000000000000000000000003', 'hex')
const [JOBS, SWEEP] = [Buffer.from('jobs'), Buffer.from('expire_items')]

const soon = () => performance.now() + 30_000

async function write(
  driver: StorageDriver,
  table: TableId,
  partition: Buffer,
  sort: Buffer,
  text: string,
): Promise<void> {
  const put = [{ sort, value: Buffer.from(text), size: text.length, expiresAt: 0 }]
  const commit = { id: newVersion(), require: [{ sort }], put, delete: [] }
  assert.is((await driver.commit(table, partition, commit, soon())).outcome, 'applied')
}

async function stored(driver: StorageDriver): Promise<string | undefined> {
  const row = await driver.get(DATABASE_TABLE_ID, DATABASE, FORMAT, strongRead())
  return row?.value.toString()
}

async function refusal(driver: StorageDriver): Promise<string> {
  const error = await claimFormat(driver, soon()).catch((reason: Error) => reason)
  assert.instance(error, Error)
  assert.is(await formatProblem(driver, soon()), (error as Error).message)
  return (error as Error).message
}

test('the first of many processes writes the format of a new database', async () => {
  const store = new WornStore()
  const drivers = Array.from({ length: 10 }, () => new WornDriver(store))
  assert.is(await formatProblem(new WornDriver(store), soon()), undefined)
  assert.is(await stored(new WornDriver(store)), undefined, 'a look changes nothing')
  await Promise.all(drivers.map((driver) => claimFormat(driver, soon())))
  assert.is(await stored(new WornDriver(store)), '2')
  assert.is(await formatProblem(new WornDriver(store), soon()), undefined)
})

test('a database of an earlier version is refused and not changed', async () => {
  const driver = new WornDriver()
  await write(driver, JOBS_TABLE_ID, JOBS, SWEEP, '{}')
  assert.is(
    await refusal(driver),
    'this database was written by an earlier version (format 1); it cannot be upgraded',
  )
  assert.is(await stored(driver), undefined)
})

test('a database of a later version is refused and not changed', async () => {
  const driver = new WornDriver()
  await write(driver, DATABASE_TABLE_ID, DATABASE, FORMAT, '3')
  assert.is(
    await refusal(driver),
    'this database was written by a later version (format 3); this one cannot use it',
  )
  assert.is(await stored(driver), '3')
})

test('rows that another process adds during the check are no earlier version', async () => {
  const memory = new WornDriver()
  let looks = 0
  const driver: StorageDriver = {
    ...faulty(memory, () => undefined),
    async get(...call) {
      const row = await memory.get(...call)
      if (looks++ === 0) {
        await claimFormat(memory, soon())
        await write(memory, JOBS_TABLE_ID, JOBS, SWEEP, '{}')
      }
      return row
    },
  }
  await claimFormat(driver, soon())
  await claimFormat(memory, soon())
})

for (const fault of ['applied-unknown', 'lost-unknown'] as const) {
  test(`a format is written in spite of "${fault}"`, async () => {
    const memory = new WornDriver()
    const script = ({ method, count }: { method: string; count: number }) =>
      method === 'commit' && count < 3 ? ({ fault } as const) : undefined
    await claimFormat(faulty(memory, script), soon())
    assert.is(await stored(memory), '2')
  })
}

test.run()
