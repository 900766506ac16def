import * as assert from 'uvu/assert'
import { readTableCount } from '../../../src/engine/catalogue/table-count.ts'
import { CATALOGUE_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import { newVersion } from '../../../src/engine/format/version.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { listTables } from '../../../src/operations/tables/list-tables.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { EngineFixture } from '../engine-fixture.ts'

const test = suite('tables of a project')

const TABLES_MAX = 5

async function outcomes(creating: readonly Promise<unknown>[]): Promise<readonly string[]> {
  const settled = await Promise.allSettled(creating)
  return settled.map((each) => {
    if (each.status === 'fulfilled') return 'created'
    assert.instance(each.reason, MagnetoDBError)
    return (each.reason as MagnetoDBError).reason.is
  })
}

function counted(fixture: EngineFixture) {
  const { driver: storage, projectId } = fixture
  return readTableCount({ storage, projectId, deadline: performance.now() + 10_000 })
}

test("concurrent CreateTable succeeds up to the project's quota", async () => {
  const fixture = new EngineFixture({ tablesPerProjectMax: TABLES_MAX })
  const creating = Array.from({ length: 3 * TABLES_MAX }, (_, i) => fixture.create(`table-${i}`))
  const results = await outcomes(creating)
  assert.is(results.filter((each) => each === 'created').length, TABLES_MAX)
  assert.is(results.filter((each) => each === 'too_many_tables').length, 2 * TABLES_MAX)
  assert.is((await counted(fixture))?.tables, TABLES_MAX)
  const { tables } = await fixture.run(listTables, { limit: 100 })
  assert.is(tables.length, TABLES_MAX, 'the count is no table')
  const again = await outcomes([fixture.create(tables[0] as string)])
  assert.equal(again, ['table_exists'])
  await fixture.close()
})

test("CreateTable in several processes succeeds up to the project's quota", async () => {
  const store = new WornStore()
  const processes = Array.from({ length: 4 }, () => {
    const driver = new WornDriver(store)
    return new EngineFixture({ driver, tablesPerProjectMax: TABLES_MAX })
  })
  const creating = processes.flatMap((each, p) =>
    Array.from({ length: TABLES_MAX }, (_, i) => each.create(`table-${p}-${i}`)),
  )
  const results = await outcomes(creating)
  assert.is(results.filter((each) => each === 'created').length, TABLES_MAX)
  const [first] = processes as [EngineFixture]
  assert.is((await counted(first))?.tables, TABLES_MAX)
  assert.is((await first.run(listTables, { limit: 100 })).tables.length, TABLES_MAX)
  for (const each of processes) await each.close()
})

test('of one table created twice at once, one exists and is counted', async () => {
  const fixture = new EngineFixture({ tablesPerProjectMax: TABLES_MAX })
  const results = await outcomes([1, 2, 3].map(() => fixture.create('same')))
  assert.equal([...results].sort(), ['created', 'table_exists', 'table_exists'])
  assert.is((await counted(fixture))?.tables, 1)
  await fixture.close()
})

test('a deleted table frees quota for another', async () => {
  const fixture = new EngineFixture({ tablesPerProjectMax: 1 })
  await fixture.create('first')
  assert.equal(await outcomes([fixture.create('second')]), ['too_many_tables'])
  await fixture.run(deleteTable, { table: 'first' })
  for (;;) {
    const [outcome] = await outcomes([fixture.create('second')])
    if (outcome === 'created') break
    assert.is(outcome, 'too_many_tables')
    await new Promise(setImmediate)
  }
  assert.is((await counted(fixture))?.tables, 1)
  await fixture.close()
})

test('a deleted table is no longer counted', async () => {
  const fixture = new EngineFixture({ tablesPerProjectMax: TABLES_MAX })
  for (const name of ['one', 'two', 'three']) await fixture.create(name)
  await fixture.run(deleteTable, { table: 'two' })
  while ((await fixture.run(listTables, { limit: 100 })).tables.length > 2)
    await new Promise(setImmediate)
  assert.is((await counted(fixture))?.tables, 2)
  await fixture.close()
})

test('uncounted tables are counted, and too high a count is corrected', async () => {
  const fixture = new EngineFixture({ tablesPerProjectMax: TABLES_MAX })
  for (const name of ['one', 'two', 'three']) await fixture.create(name)
  const partition = Buffer.from(fixture.projectId)
  const setCount = async (put: { readonly tables: number } | undefined) => {
    const current = await counted(fixture)
    const value = Buffer.from(JSON.stringify({ format: 1, ...put }))
    const sort = Buffer.from([0xff])
    const commit = {
      id: newVersion(),
      require: [{ sort, version: current?.version ?? null }],
      put: put ? [{ sort, value, size: value.length, expiresAt: 0 }] : [],
      delete: put ? [] : [sort],
    }
    const deadline = performance.now() + 10_000
    const { outcome } = await fixture.driver.commit(CATALOGUE_TABLE_ID, partition, commit, deadline)
    assert.is(outcome, 'applied')
  }
  await setCount(undefined)
  await fixture.create('four')
  assert.is((await counted(fixture))?.tables, 4)
  await setCount({ tables: 90 })
  await fixture.create('five')
  assert.is((await counted(fixture))?.tables, 5)
  assert.equal(await outcomes([fixture.create('six')]), ['too_many_tables'])
  await fixture.close()
})

test.run()
