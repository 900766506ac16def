import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { messageOf } from '../../../src/dialect/magnetodb/messages.ts'
import {
  decodeDefinition,
  encodeDefinition,
} from '../../../src/engine/catalogue/definition-codec.ts'
import {
  CATALOGUE_REVISION_TABLE_ID,
  CATALOGUE_TABLE_ID,
} from '../../../src/engine/format/system-tables.ts'
import { newVersion } from '../../../src/engine/format/version.ts'
import type { MagnetoDBError } from '../../../src/model/errors.ts'
import { LIST_TABLES_MAX } from '../../../src/model/limits.ts'
import type { TableStatus } from '../../../src/model/table.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { query } from '../../../src/operations/items/query.ts'
import { updateItem } from '../../../src/operations/items/update-item.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { describeTable } from '../../../src/operations/tables/describe-table.ts'
import { listTables } from '../../../src/operations/tables/list-tables.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { add } from '../../expression/short-expressions.ts'
import { strongRead, TableFixture } from '../../storage/contract/table-fixture.ts'
import { faulty } from '../../storage/faulty-driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { EngineFixture, HASH_ONLY, outcomeOf, WITH_INDEXES } from '../engine-fixture.ts'
import { remote } from '../remote-driver.ts'
import { item, shown, value } from '../short-items.ts'

const test = suite('catalogue')

const KEY = item({ h: 'a' })

function put(fixture: EngineFixture, v: number, range: { r?: number } = {}): Promise<unknown> {
  const command = { table: 'table', item: item({ h: 'a', v, ...range }) }
  return fixture.run(putItem, { ...command, returnValues: 'NONE' })
}

async function until(holds: () => Promise<boolean>, milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds
  while (!(await holds())) {
    assert.ok(performance.now() < end, `within ${milliseconds} ms`)
    await delay(1)
  }
}

/** Waits until the table's definition is deleted. Its data may still exist. */
async function deleted(fixture: EngineFixture, table: string): Promise<void> {
  const isGone = async () =>
    (await outcomeOf(fixture.run(describeTable, { table }))) === 'table_not_found'
  await until(isGone, 30_000)
}

test('DescribeTable returns a table as it was created', async () => {
  const fixture = new EngineFixture({ now: () => 1_234 })
  const created = await fixture.create('table', WITH_INDEXES)
  assert.equal(await fixture.run(describeTable, { table: 'table' }), created)
  assert.equal([created.name, created.status, created.createdAt], ['table', 'ACTIVE', 1_234])
  assert.match(created.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.equal(
    created.indexes.map(({ number }) => number),
    [0, 1, 2],
  )
  await fixture.close()
})

test('of many concurrent CreateTable with one name, one succeeds', async () => {
  const one = new EngineFixture()
  const two = new EngineFixture({ driver: one.driver })
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, i) => outcomeOf((i % 2 ? one : two).create('table'))),
  )
  assert.is(outcomes.filter((outcome) => outcome === 'ok').length, 1)
  assert.is(outcomes.filter((outcome) => outcome === 'table_exists').length, 9)
  await one.close()
  await two.close()
})

test("ListTables returns one project's names in byte order, in pages", async () => {
  const fixture = new EngineFixture()
  const other = new EngineFixture({ driver: fixture.driver, projectId: 'other' })
  const names = ['B-table', 'a-table', 'table', 'table.1', 'table_2', 'tablf']
  for (const name of names.toReversed()) await fixture.create(name)
  await other.create('theirs')
  const page = (limit: number, exclusiveStartTable?: string) =>
    fixture.run(listTables, {
      limit,
      ...(exclusiveStartTable === undefined ? {} : { exclusiveStartTable }),
    })
  assert.equal(await page(100), { tables: names, more: false })
  for (let limit = 1; limit <= names.length + 1; limit++) {
    const found: string[] = []
    let start: string | undefined
    do {
      const { tables, lastEvaluatedTable } = await page(limit, start)
      assert.is(lastEvaluatedTable, tables.length === limit ? tables.at(-1) : undefined)
      found.push(...tables)
      start = lastEvaluatedTable
    } while (start !== undefined)
    assert.equal(found, names)
  }
  assert.equal(await page(2, 'tab'), {
    tables: ['table', 'table.1'],
    more: true,
    lastEvaluatedTable: 'table.1',
  })
  assert.equal(await page(5, 'zzz'), { tables: [], more: false })
  assert.equal((await other.run(listTables, { limit: 100 })).tables, ['theirs'])
  await fixture.close()
  await other.close()
})

test("a deleted table's data is gone, and a new table of its name is empty", async () => {
  const fixture = new EngineFixture()
  const first = await fixture.create('table', HASH_ONLY)
  await put(fixture, 1)
  const gone = await fixture.run(deleteTable, { table: 'table' })
  assert.equal(gone, { ...first, status: 'DELETING' })
  assert.is(await outcomeOf(put(fixture, 2)), 'validation')
  await deleted(fixture, 'table')
  assert.is(await outcomeOf(put(fixture, 2)), 'table_not_found')
  const second = await fixture.create('table', HASH_ONLY)
  assert.is.not(second.id, first.id)
  assert.is(await fixture.get('table', KEY), undefined)
  const data = new TableFixture(fixture.driver, tableId(first.id))
  await until(async () => (await data.scanAll()).length === 0, 30_000)
  await fixture.close()
})

function tableId(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

test('DeleteTable on a table that is being deleted succeeds', async () => {
  const store = new WornStore()
  const fixture = new EngineFixture({ driver: remote(new WornDriver(store)) })
  await fixture.create('table')
  const deletions = Array.from({ length: 5 }, () => fixture.run(deleteTable, { table: 'table' }))
  for (const { status } of await Promise.all(deletions)) assert.is(status, 'DELETING')
  assert.is((await fixture.run(deleteTable, { table: 'table' })).status, 'DELETING')
  assert.is(await outcomeOf(fixture.create('table')), 'table_exists')
  assert.is(await outcomeOf(fixture.run(deleteTable, { table: 'elsewhere' })), 'table_not_found')
  await fixture.close()
})

test('an interrupted deletion continues with the next DeleteTable', async () => {
  const store = new WornStore()
  const cut = new EngineFixture({ driver: remote(new WornDriver(store)) })
  await cut.create('table', HASH_ONLY)
  await put(cut, 1)
  await cut.run(deleteTable, { table: 'table' })
  await cut.close()
  const fixture = new EngineFixture({ driver: new WornDriver(store) })
  assert.is((await fixture.run(describeTable, { table: 'table' })).status, 'DELETING')
  await fixture.run(deleteTable, { table: 'table' })
  await deleted(fixture, 'table')
  await fixture.close()
})

test('a purge completes in spite of storage failures', async () => {
  let troubles = 1
  const driver = faulty(new WornDriver(), ({ method }) =>
    method === 'purge' && troubles-- > 0 ? { fault: 'unavailable' } : undefined,
  )
  const fixture = new EngineFixture({ driver })
  await fixture.create('table')
  await fixture.run(deleteTable, { table: 'table' })
  await until(async () => troubles < 0, 30_000)
  await fixture.close()
})

/** Writes a status into the definition, like another process or version. */
async function setStatus(driver: StorageDriver, name: string, status: TableStatus): Promise<void> {
  const [partition, sort] = [Buffer.from('project'), Buffer.from(name)]
  const row = await driver.get(CATALOGUE_TABLE_ID, partition, sort, strongRead())
  assert.ok(row)
  const value = encodeDefinition({ ...decodeDefinition(row?.value ?? Buffer.alloc(0)), status })
  const commit = {
    ...{ id: newVersion(), require: [{ sort }], delete: [] },
    put: [{ sort, value, size: value.length, expiresAt: 0 }],
  }
  await driver.commit(CATALOGUE_TABLE_ID, partition, commit, performance.now() + 30_000)
}

test('a page of ListTables has at most the requested number of names', async () => {
  const fixture = new EngineFixture()
  const names = Array.from({ length: LIST_TABLES_MAX + 1 }, (_, i) => `table-${1e6 + i}`)
  for (const name of names) await fixture.create(name)
  const { tables, lastEvaluatedTable } = await fixture.run(listTables, { limit: LIST_TABLES_MAX })
  assert.equal([tables.length, lastEvaluatedTable], [LIST_TABLES_MAX, names.at(-2)])
  await fixture.close()
})

test('a table that is not ACTIVE can be described and listed, but not used', async () => {
  const fixture = new EngineFixture()
  await fixture.create('table', HASH_ONLY)
  await put(fixture, 1)
  await setStatus(fixture.driver, 'table', 'DELETE_FAILED')
  const told = await put(fixture, 2).catch(({ reason }: MagnetoDBError) => messageOf(reason))
  assert.match(String(told), "Table 'table' status 'DELETE_FAILED' isn't ACTIVE")
  assert.is((await fixture.run(describeTable, { table: 'table' })).status, 'DELETE_FAILED')
  assert.equal((await fixture.run(listTables, { limit: 100 })).tables, ['table'])
  assert.is((await fixture.run(deleteTable, { table: 'table' })).status, 'DELETING')
  await fixture.close()
})

test('embedded: a table re-created by another engine is used at once', async () => {
  const store = new WornStore()
  const one = new EngineFixture({ driver: new WornDriver(store) })
  const two = new EngineFixture({ driver: new WornDriver(store) })
  await one.create('table', HASH_ONLY)
  await put(two, 1)
  await one.run(deleteTable, { table: 'table' })
  assert.is(await outcomeOf(put(two, 2)), 'validation')
  await deleted(one, 'table')
  assert.is(await outcomeOf(two.get('table', KEY)), 'table_not_found')
  await one.create('table', WITH_INDEXES)
  assert.is(await outcomeOf(put(two, 3)), 'validation', 'the key has a range now')
  await put(two, 3, { r: 1 })
  const found = await one.get('table', item({ h: 'a', r: 1 }))
  assert.is(shown(found), shown(item({ h: 'a', v: 3, r: 1 })))
  await one.close()
  await two.close()
})

test('embedded: a commit planned with an old definition is planned again', async () => {
  const store = new WornStore()
  const other = new EngineFixture({ driver: new WornDriver(store) })
  let change: (() => Promise<unknown>) | undefined
  let commits = 0
  const memory = new WornDriver(store)
  const driver: StorageDriver = {
    ...faulty(memory, () => undefined),
    async commit(table, ...rest) {
      if (!isSystemTable(table)) {
        commits++
        await change?.()
        change = undefined
      }
      return memory.commit(table, ...rest)
    },
  }
  const fixture = new EngineFixture({ driver })
  await fixture.create('table', HASH_ONLY)
  await put(fixture, 1)
  assert.is(commits, 1)
  change = () => setStatus(memory, 'table', 'ACTIVE')
  const updates = [add('v', value(1))]
  await fixture.run(updateItem, { table: 'table', key: KEY, updates, returnValues: 'NONE' })
  assert.is(commits, 3, 'refused, then made again')
  assert.is(shown(await fixture.get('table', KEY)), shown(item({ h: 'a', v: 2 })))
  change = async () => {
    await other.run(deleteTable, { table: 'table' })
    await deleted(other, 'table')
  }
  assert.is(await outcomeOf(put(fixture, 3)), 'table_not_found')
  await other.create('table', HASH_ONLY)
  assert.is(await fixture.get('table', KEY), undefined, 'nothing reached the successor')
  await fixture.close()
  await other.close()
})

test('embedded: a definition that changes at every commit answers unavailable', async () => {
  const memory = new WornDriver()
  const driver: StorageDriver = {
    ...faulty(memory, () => undefined),
    async commit(table, ...rest) {
      if (!isSystemTable(table)) await setStatus(memory, 'table', 'ACTIVE')
      return memory.commit(table, ...rest)
    },
  }
  const fixture = new EngineFixture({ driver })
  await fixture.create('table', HASH_ONLY)
  assert.is(await outcomeOf(put(fixture, 1)), 'unavailable')
  await fixture.close()
})

test('remote: a definition deleted by another process is dropped within a poll', async () => {
  const store = new WornStore()
  const one = new EngineFixture({ driver: remote(new WornDriver(store)) })
  const two = new EngineFixture({ driver: remote(new WornDriver(store)) })
  const { id } = await one.create('table', HASH_ONLY)
  await put(two, 0)
  await delay(50)
  await put(two, 1)
  await put(two, 2)
  assert.is(two.cost.requests, 1, 'the definition is cached')
  await one.run(deleteTable, { table: 'table' })
  assert.is(await outcomeOf(put(one, 3)), 'validation', 'at once in the process that deleted it')
  await until(async () => (await outcomeOf(put(two, 3))) !== 'ok', 30_000)
  assert.is(await outcomeOf(put(two, 3)), 'validation')
  const rows = await new TableFixture(one.driver, tableId(id)).scanAll()
  assert.is(rows.length, 1, 'the data waits until no process uses the definition')
  await one.close()
  await two.close()
})

test('remote: a definition that cannot be confirmed is read at each use', async () => {
  const driver = faulty(remote(new WornDriver()), ({ table }) =>
    table.equals(CATALOGUE_REVISION_TABLE_ID) ? { fault: 'unavailable' } : undefined,
  )
  const fixture = new EngineFixture({ driver })
  await fixture.create('table', HASH_ONLY)
  for (const v of [1, 2, 3]) {
    await put(fixture, v)
    assert.is(fixture.cost.requests, 2)
  }
  await setStatus(fixture.driver, 'table', 'DELETING')
  assert.is(await outcomeOf(put(fixture, 4)), 'validation')
  assert.ok(fixture.backgroundErrors.length > 0)
  await fixture.close()
})

test('a missing table is not cached: once created, other engines see it', async () => {
  for (const view of [(driver: WornDriver) => driver, remote]) {
    const store = new WornStore()
    const one = new EngineFixture({ driver: view(new WornDriver(store)) })
    const two = new EngineFixture({ driver: view(new WornDriver(store)) })
    assert.is(await outcomeOf(two.get('table', KEY)), 'table_not_found')
    await one.create('table', HASH_ONLY)
    assert.is(await outcomeOf(two.get('table', KEY)), 'ok')
    await one.close()
    await two.close()
  }
})

test('a query uses only the definition of its own table', async () => {
  const fixture = new EngineFixture()
  await fixture.create('one-table', HASH_ONLY)
  await fixture.create('two-table', WITH_INDEXES)
  const ask = (table: string) => {
    const keyConditions = new Map([['h', { op: 'eq' as const, value: value('a') }]])
    const rest = { consistentRead: true, forward: true, select: 'COUNT' } as const
    return outcomeOf(fixture.run(query, { table, index: 'by-text', keyConditions, ...rest }))
  }
  assert.equal([await ask('one-table'), await ask('two-table')], ['validation', 'ok'])
  await fixture.close()
})

/** Whether the table is the service's own, such as the catalogue or the jobs. */
function isSystemTable(table: Buffer): boolean {
  return table.subarray(0, 15).equals(CATALOGUE_TABLE_ID.subarray(0, 15))
}

test.run()
