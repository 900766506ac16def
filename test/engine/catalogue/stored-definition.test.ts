import * as assert from 'uvu/assert'
import {
  readDefinition,
  replaceDefinition,
  type StoredDefinition,
} from '../../../src/engine/catalogue/stored-definition.ts'
import { CATALOGUE_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import { newVersion } from '../../../src/engine/format/version.ts'
import { DeleteTable, deleteTableJob } from '../../../src/engine/jobs/delete-table-job.ts'
import { batchWriteItem } from '../../../src/operations/batches/batch-write-item.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { describeTable } from '../../../src/operations/tables/describe-table.ts'
import { listTables } from '../../../src/operations/tables/list-tables.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { EngineFixture, HASH_ONLY, outcomeOf } from '../engine-fixture.ts'
import { remote } from '../remote-driver.ts'
import { item } from '../short-items.ts'

const test = suite('stored definition')

test('a definition is replaced or deleted only at the version that was read', async () => {
  const storage = new WornDriver()
  const fixture = new EngineFixture({ driver: storage })
  const created = await fixture.create('table')
  const { projectId } = fixture
  const context = { storage, projectId, deadline: performance.now() + 10_000 }
  const old = (await readDefinition(context, 'table')) as StoredDefinition
  assert.equal(old.definition, created)
  const next = { ...created, status: 'DELETE_FAILED' } as const
  assert.is(await replaceDefinition(context, old, next, 'jobs'), true)
  assert.is(await replaceDefinition(context, old, created, 'jobs'), false)
  assert.is(await replaceDefinition(context, old, null, 'jobs'), false)
  const latest = (await readDefinition(context, 'table')) as StoredDefinition
  assert.equal(latest.definition, next)
  assert.is(await replaceDefinition(context, latest, null, 'jobs'), true)
  assert.is(await readDefinition(context, 'table'), null)
  await fixture.close()
})

/** Overwrites a table's definition, like a newer version. */
async function overwrite(fixture: EngineFixture, name: string, definition: object): Promise<void> {
  const [partition, sort] = [Buffer.from(fixture.projectId), Buffer.from(name)]
  const value = Buffer.from(JSON.stringify(definition))
  const put = [{ sort, value, size: value.length, expiresAt: 0 }]
  const commit = { id: newVersion(), require: [{ sort }], put, delete: [] }
  await fixture.driver.commit(CATALOGUE_TABLE_ID, partition, commit, performance.now() + 30_000)
}

test('every operation on a table of a newer version answers 503; others work', async () => {
  for (const view of [(driver: StorageDriver) => driver, remote]) {
    const fixture = new EngineFixture({ driver: view(new WornDriver()) })
    const created = await fixture.create('newer', HASH_ONLY)
    await fixture.create('known', HASH_ONLY)
    const key = item({ h: 'a' })
    await fixture.engine.jobs.close()
    await overwrite(fixture, 'newer', { ...created, format: 2, attributeTypes: {} })
    const writes = [{ delete: key }]
    const outcomes = await Promise.all(
      [
        fixture.get('newer', key),
        fixture.run(putItem, { table: 'newer', item: key, returnValues: 'NONE' }),
        fixture.run(describeTable, { table: 'newer' }),
        fixture.run(deleteTable, { table: 'newer' }),
        fixture.run(batchWriteItem, { requests: [{ table: 'newer', writes }] }),
      ].map(outcomeOf),
    )
    assert.equal(outcomes, Array(5).fill('unavailable'))
    assert.is(await outcomeOf(fixture.create('newer')), 'table_exists')
    assert.equal((await fixture.run(listTables, { limit: 100 })).tables, ['known', 'newer'])
    assert.is(await outcomeOf(fixture.get('known', key)), 'ok')
    const error = await fixture.get('newer', key).catch((reason: Error) => reason)
    assert.match(String((error as Error).cause), 'unknown definition format 2')
    const job = new DeleteTable(fixture.driver)
    const { state } = deleteTableJob(fixture.projectId, created)
    assert.is(await outcomeOf(job.step(state, performance.now() + 30_000)), 'unavailable')
    await fixture.close()
  }
})

test.run()
