import * as assert from 'uvu/assert'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import type { TableSettings } from '../../../src/model/table.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { describeTable } from '../../../src/operations/tables/describe-table.ts'
import { updateTable } from '../../../src/operations/tables/update-table.ts'
import { EngineFixture, HASH_ONLY, outcomeOf } from '../../engine/engine-fixture.ts'
import { remote } from '../../engine/remote-driver.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('update_table')

const PROTECTED: TableSettings = { deletionProtection: true }
const table = 'table'

function setTo(fixture: EngineFixture, settings: TableSettings) {
  return fixture.run(updateTable, { table, change: () => settings })
}

test("every process describes the table's settings", async () => {
  const driver = new WornDriver()
  const one = new EngineFixture({ driver })
  const other = new EngineFixture({ driver })
  const settings = { throughput: { readUnits: 5, writeUnits: 6 } }
  const created = await one.create(table, { ...HASH_ONLY, settings })
  assert.equal(created.settings, settings)
  const changed = await one.run(updateTable, {
    table,
    change: (found) => ({ ...found.settings, tableClass: 'STANDARD' }),
  })
  assert.equal(changed, { ...created, settings: { ...settings, tableClass: 'STANDARD' } })
  assert.equal(await other.run(describeTable, { table }), changed)
  await Promise.all([one.close(), other.close()])
})

test('concurrent UpdateTable calls are applied one after another', async () => {
  const fixture = new EngineFixture()
  await fixture.create(table, { settings: { throughput: { readUnits: 0, writeUnits: 0 } } })
  const count = () =>
    fixture.run(updateTable, {
      table,
      change: ({ settings: { throughput } }) => ({
        throughput: { readUnits: (throughput?.readUnits ?? 0) + 1, writeUnits: 0 },
      }),
    })
  await Promise.all(Array.from({ length: 8 }, count))
  const { settings } = await fixture.run(describeTable, { table })
  assert.is(settings.throughput?.readUnits, 8)
  await fixture.close()
})

test('UpdateTable that is refused, or on a missing table, changes nothing', async () => {
  const fixture = new EngineFixture()
  const created = await fixture.create(table)
  const refuse = () => {
    throw new MagnetoDBError({ is: 'invalid_request', message: 'no' })
  }
  assert.is(await outcomeOf(fixture.run(updateTable, { table, change: refuse })), 'validation')
  assert.equal(await fixture.run(describeTable, { table }), created)
  const absent = fixture.run(updateTable, { table: 'absent', change: () => PROTECTED })
  assert.is(await outcomeOf(absent), 'table_not_found')
  await fixture.close()
})

for (const [kind, driverOf] of [
  ['embedded', () => new WornDriver()],
  ['remote', () => remote(new WornDriver())],
] as const) {
  test(`${kind}: a process with an outdated cache does not delete a protected table`, async () => {
    const driver = driverOf()
    const one = new EngineFixture({ driver })
    const other = new EngineFixture({ driver })
    await one.create(table, HASH_ONLY)
    await other.engine.catalogue.active(
      { projectId: 'project', storage: driver, deadline: performance.now() + 30_000 },
      table,
    )
    await setTo(one, PROTECTED)
    assert.is(await outcomeOf(other.run(deleteTable, { table })), 'table_protected')
    assert.is((await one.run(describeTable, { table })).status, 'ACTIVE')
    await setTo(one, {})
    assert.is((await other.run(deleteTable, { table })).status, 'DELETING')
    await Promise.all([one.close(), other.close()])
  })
}

test('UpdateTable on a table that is being deleted is refused', async () => {
  const driver = remote(new WornDriver())
  const fixture = new EngineFixture({ driver })
  await fixture.create(table, HASH_ONLY)
  await fixture.run(deleteTable, { table })
  let reason: string | undefined
  try {
    await setTo(fixture, PROTECTED)
  } catch (error) {
    reason = (error as MagnetoDBError).reason.is
  }
  assert.ok(reason === 'table_not_active' || reason === 'table_not_found', reason)
  await fixture.close()
})

test("a wire's check of the definition can refuse DeleteTable", async () => {
  const fixture = new EngineFixture()
  await fixture.create(table)
  const check = () => {
    throw new MagnetoDBError({ is: 'invalid_request', message: 'no' })
  }
  assert.is(await outcomeOf(fixture.run(deleteTable, { table, check })), 'validation')
  assert.is((await fixture.run(describeTable, { table })).status, 'ACTIVE')
  await fixture.close()
})

test.run()
