import * as assert from 'uvu/assert'
import {
  CATALOGUE_REVISION_TABLE_ID,
  CATALOGUE_TABLE_ID,
  tableIdOf,
} from '../../../src/engine/format/system-tables.ts'
import { DeleteTable, deleteTableJob } from '../../../src/engine/jobs/delete-table-job.ts'
import { addJob } from '../../../src/engine/leases/add-job.ts'
import { JOB_FAILURES_MAX } from '../../../src/engine/leases/lease.ts'
import { listJobs } from '../../../src/engine/leases/ledger.ts'
import type { TableStatus } from '../../../src/model/table.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { describeTable } from '../../../src/operations/tables/describe-table.ts'
import { updateTable } from '../../../src/operations/tables/update-table.ts'
import { type StorageDriver, StorageUnavailableError } from '../../../src/storage/driver.ts'
import { putRow, TableFixture } from '../../storage/contract/table-fixture.ts'
import { faulty } from '../../storage/faulty-driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'
import { EngineFixture, HASH_ONLY, outcomeOf } from '../engine-fixture.ts'
import { TIMES } from '../leases/workers.ts'
import { remote } from '../remote-driver.ts'
import { item, shown } from '../short-items.ts'

const test = suite('delete table job')

const WAIT_MS = 20_000
const KEY = item({ h: 'a' })

function soon(): number {
  return performance.now() + WAIT_MS
}

function put(fixture: EngineFixture, v: number): Promise<unknown> {
  return fixture.run(putItem, { table: 'table', item: item({ h: 'a', v }), returnValues: 'NONE' })
}

async function statusOf(fixture: EngineFixture): Promise<TableStatus | 'none'> {
  const described = fixture.run(describeTable, { table: 'table' })
  return described.then(
    ({ status }) => status,
    () => 'none',
  )
}

/** Ids of the jobs that delete tables. */
async function deletions(driver: StorageDriver): Promise<string[]> {
  const ids = (await listJobs(driver)).map(({ job }) => job.id)
  return ids.filter((id) => id.startsWith('table-'))
}

test('a table shows DELETE_FAILED while its definition cannot be removed', async () => {
  let failing = true
  const driver = faulty(new WornDriver(), ({ table, commit }) =>
    failing && table.equals(CATALOGUE_TABLE_ID) && commit?.delete.length
      ? { fault: 'unavailable' }
      : undefined,
  )
  const fixture = new EngineFixture({ driver, jobTimes: TIMES })
  const definition = await fixture.create('table', HASH_ONLY)
  await fixture.run(deleteTable, { table: 'table' })
  await until('it is shown', async () => (await statusOf(fixture)) === 'DELETE_FAILED')
  assert.is(await outcomeOf(put(fixture, 1)), 'validation')
  assert.is(await outcomeOf(fixture.create('table')), 'table_exists')
  const again = await fixture.run(deleteTable, { table: 'table' })
  assert.equal(again, { ...definition, status: 'DELETING' })
  await until('it is shown again', async () => (await statusOf(fixture)) === 'DELETE_FAILED')
  failing = false
  await until('it is gone', async () => (await statusOf(fixture)) === 'none')
  await until('with its job', async () => (await deletions(driver)).length === 0)
  await fixture.close()
})

test("a failing purge does not keep the table's name, and completes later", async () => {
  let failures = 0
  let failing = true
  const driver = faulty(new WornDriver(), ({ method }) => {
    if (method !== 'purge' || !failing) return undefined
    failures++
    return { fault: 'unavailable' }
  })
  const fixture = new EngineFixture({ driver, jobTimes: TIMES })
  const first = await fixture.create('table', HASH_ONLY)
  await put(fixture, 1)
  await fixture.run(deleteTable, { table: 'table' })
  await until('it fails again and again', () => failures > 2 * JOB_FAILURES_MAX)
  assert.is(await statusOf(fixture), 'none')
  assert.is(await outcomeOf(fixture.run(deleteTable, { table: 'table' })), 'table_not_found')
  await fixture.create('table', HASH_ONLY)
  await put(fixture, 2)
  assert.is(await statusOf(fixture), 'ACTIVE')
  assert.equal(await deletions(driver), [`table-${first.id}`])
  failing = false
  await until('the data goes', async () => (await deletions(driver)).length === 0)
  const rows = await new TableFixture(driver, tableIdOf(first)).scanAll()
  assert.is(rows.length, 0)
  assert.is(shown(await fixture.get('table', KEY)), shown(item({ h: 'a', v: 2 })))
  await fixture.close()
})

test('a purge continues after the last step, in any process', async () => {
  const positions: (string | undefined)[] = []
  const purgeInParts: StorageDriver['purge'] = async (_table, from) => {
    positions.push(from?.toString('hex'))
    // The third step fails, as if the process had died.
    if (positions.length === 3) throw new StorageUnavailableError('a played fault')
    return positions.length < 6 ? Buffer.from([0, 255, positions.length]) : null
  }
  const driver = Object.assign(
    faulty(new WornDriver(), () => undefined),
    {
      purge: purgeInParts,
    },
  )
  const fixture = new EngineFixture({ driver, jobTimes: TIMES })
  await fixture.create('table', HASH_ONLY)
  await fixture.run(deleteTable, { table: 'table' })
  await until('it is done', async () => (await deletions(driver)).length === 0)
  assert.equal(positions, [undefined, '00ff01', '00ff02', '00ff02', '00ff04', '00ff05'])
  await fixture.close()
})

test('if DeleteTable has no space to mark the table, the job marks it', async () => {
  let isFull = false
  let refused = 0
  const driver = faulty(new WornDriver(), ({ table, commit }) => {
    if (!isFull || commit?.reserve === 'jobs') return undefined
    if (!commit?.put.length || !table.equals(CATALOGUE_TABLE_ID)) return undefined
    refused++
    return { fault: 'unavailable' }
  })
  const fixture = new EngineFixture({ driver, jobTimes: TIMES })
  const definition = await fixture.create('table', HASH_ONLY)
  isFull = true
  const deleted = await fixture.run(deleteTable, { table: 'table' })
  assert.equal(deleted, { ...definition, status: 'DELETING' })
  assert.is(refused, 1)
  await until('it is gone', async () => (await statusOf(fixture)) === 'none')
  await fixture.close()
})

test('a DeleteTable that dies after writing its job still deletes the table', async () => {
  const fixture = new EngineFixture({ jobTimes: TIMES })
  const definition = await fixture.create('table', HASH_ONLY)
  await put(fixture, 1)
  await addJob(fixture.driver, deleteTableJob('project', definition), soon())
  await until('it is gone', async () => (await statusOf(fixture)) === 'none')
  await until('with its job', async () => (await deletions(fixture.driver)).length === 0)
  const rows = await new TableFixture(fixture.driver, tableIdOf(definition)).scanAll()
  assert.is(rows.length, 0)
  await fixture.close()
})

test('a deletion job does not delete a new table of the same name', async () => {
  const fixture = new EngineFixture({ jobTimes: TIMES })
  const first = await fixture.create('table', HASH_ONLY)
  await fixture.run(deleteTable, { table: 'table' })
  await until('it is gone', async () => (await statusOf(fixture)) === 'none')
  await fixture.create('table', HASH_ONLY)
  await put(fixture, 2)
  for (const phase of ['marking', 'freeing', 'purging']) {
    const job = deleteTableJob('project', first)
    await addJob(fixture.driver, { ...job, state: { ...job.state, phase } }, soon())
    await until('it ends', async () => (await deletions(fixture.driver)).length === 0)
  }
  assert.is(await statusOf(fixture), 'ACTIVE')
  assert.is(shown(await fixture.get('table', KEY)), shown(item({ h: 'a', v: 2 })))
  await fixture.close()
})

test('repeated DeleteTable makes one job; on a missing table it makes none', async () => {
  const fixture = new EngineFixture({ driver: remote(new WornDriver()), jobTimes: TIMES })
  const { id } = await fixture.create('table')
  const asked = () => fixture.run(deleteTable, { table: 'table' })
  for (const { status } of await Promise.all(Array.from({ length: 20 }, asked))) {
    assert.is(status, 'DELETING')
  }
  await asked()
  assert.is(await outcomeOf(fixture.run(deleteTable, { table: 'other' })), 'table_not_found')
  assert.equal(await deletions(fixture.driver), [`table-${id}`])
  await fixture.close()
})

test('a deletion succeeds if its job ends before the request marks the table', async () => {
  const store = new WornStore()
  const jobs = new EngineFixture({ driver: new WornDriver(store), jobTimes: TIMES })
  const memory = new WornDriver(store)
  const slow = faulty(memory, () => undefined)
  const { commit } = slow
  slow.commit = async (table, ...rest) => {
    if (table.equals(CATALOGUE_TABLE_ID)) {
      await until('the job is done', async () => (await statusOf(jobs)) === 'none')
    }
    return commit(table, ...rest)
  }
  const definition = await jobs.create('table', HASH_ONLY)
  const idle = { ...TIMES, pollMs: 60_000 }
  const fixture = new EngineFixture({ driver: slow, jobTimes: idle })
  const deleted = await fixture.run(deleteTable, { table: 'table' })
  assert.equal(deleted, { ...definition, status: 'DELETING' })
  await fixture.close()
  await jobs.close()
})

test('a deletion paused before its last write does not delete a new table', async () => {
  const store = new WornStore()
  const memory = new WornDriver(store)
  const other = new EngineFixture({ driver: memory, jobTimes: TIMES })
  const stopped = faulty(memory, () => undefined)
  const { commit } = stopped
  stopped.commit = async (...call) => {
    await other.run(deleteTable, { table: 'table' })
    await until('another deletes it', async () => (await statusOf(other)) === 'none')
    await other.create('table', HASH_ONLY)
    await put(other, 2)
    return commit(...call)
  }
  const definition = await other.create('table', HASH_ONLY)
  const { state } = deleteTableJob('project', definition)
  await new DeleteTable(stopped).step({ ...state, phase: 'freeing' }, soon())
  assert.is(await statusOf(other), 'ACTIVE')
  assert.is(shown(await other.get('table', KEY)), shown(item({ h: 'a', v: 2 })))
  await other.close()
})

test('a deletion job ends without effect if the table is protected since', async () => {
  const driver = new WornDriver()
  const fixture = new EngineFixture({ driver, jobTimes: TIMES })
  const definition = await fixture.create('table', HASH_ONLY)
  await put(fixture, 1)
  const change = () => ({ deletionProtection: true })
  await fixture.run(updateTable, { table: 'table', change })
  await addJob(driver, deleteTableJob(fixture.projectId, definition), soon())
  await until('the job ends', async () => (await deletions(driver)).length === 0)
  assert.is(await statusOf(fixture), 'ACTIVE')
  assert.ok(await fixture.get('table', KEY))
  await fixture.close()
})

test('remote: the name is free once no process uses it; data is purged later', async () => {
  const memory = new WornDriver()
  const purged: string[] = []
  const driver = faulty(remote(memory), ({ method, table }) => {
    if (method === 'purge') purged.push('purge')
    if (method === 'commit' && table.equals(CATALOGUE_REVISION_TABLE_ID)) purged.push('announce')
    return undefined
  })
  const fixture = new EngineFixture({ driver, jobTimes: { ...TIMES, pollMs: 60_000 } })
  const definition = await fixture.create('table', HASH_ONLY)
  await put(fixture, 1)
  const kind = new DeleteTable(driver)
  const marking = deleteTableJob('project', definition).state
  const marked = await kind.step(marking, soon())
  assert.equal(marked, { state: marking })
  assert.is(await statusOf(fixture), 'DELETING')
  assert.is(await outcomeOf(fixture.create('table', HASH_ONLY)), 'table_exists')
  const announced = await kind.step(marking, soon())
  const freeing = { ...marking, phase: 'freeing' }
  assert.equal(announced, { state: freeing, restMs: 6_000 })
  assert.equal(purged, ['announce'])
  const purging = { ...marking, phase: 'purging' }
  assert.equal(await kind.step(freeing, soon()), { state: purging, restMs: 20_000 })
  assert.is(await statusOf(fixture), 'none')
  assert.equal(purged, ['announce'])
  await fixture.close()
  const later = new EngineFixture({ driver, jobTimes: { ...TIMES, pollMs: 60_000 } })
  await later.create('table', HASH_ONLY)
  await put(later, 2)
  assert.equal(await kind.step(freeing, soon()), { state: purging, restMs: 20_000 }, 'repeated')
  const rows = new TableFixture(driver, tableIdOf(definition))
  await rows.write(Buffer.from('late'), { put: [putRow(Buffer.from('row'))] })
  assert.is((await rows.scanAll()).length, 2)
  assert.is(await kind.step(purging, soon()), 'done')
  assert.is((await rows.scanAll()).length, 0)
  assert.is(shown(await later.get('table', KEY)), shown(item({ h: 'a', v: 2 })))
  await later.close()
})

test.run()
