import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { moveRevision, shardOf } from '../../../src/engine/catalogue/revision.ts'
import {
  CATALOGUE_REVISION_TABLE_ID,
  CATALOGUE_TABLE_ID,
} from '../../../src/engine/format/system-tables.ts'
import { newVersion } from '../../../src/engine/format/version.ts'
import { LIST_TABLES_MAX } from '../../../src/model/limits.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { listTables } from '../../../src/operations/tables/list-tables.ts'
import {
  type StorageDriver,
  StorageUnavailableError,
  type TableId,
} from '../../../src/storage/driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { EngineFixture, HASH_ONLY, outcomeOf } from '../engine-fixture.ts'
import { remote } from '../remote-driver.ts'
import { item } from '../short-items.ts'

const test = suite('definition reads')

const KEY = item({ h: 'a' })
const WAIT_MS = 30_000
/** Clocks that stand still, so that confirmations hold however slow the machine is. */
const STOPPED = stoppedClocks(Date.now())

function stoppedClocks(wall: number) {
  return { monotonicNow: () => 1e6, now: () => wall }
}

/** A remote storage that counts reads of definitions and of the shards' revisions. `answer` runs
 * before a definition that was read is returned. */
function counted(store: WornStore) {
  const driver = remote(new WornDriver(store))
  const reads = { definitions: 0, shards: 0 }
  const parts = { answer: async () => {} }
  const counting: StorageDriver = {
    ...driver,
    async get(table, ...rest) {
      const row = await driver.get(table, ...rest)
      if (!table.equals(CATALOGUE_TABLE_ID)) return row
      reads.definitions++
      await parts.answer()
      return row
    },
    async getMany(table, ...rest) {
      const rows = await driver.getMany(table, ...rest)
      if (table.equals(CATALOGUE_REVISION_TABLE_ID)) reads.shards++
      return rows
    },
  }
  return { driver: counting, reads, parts }
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + WAIT_MS
  while (!holds()) {
    assert.ok(performance.now() < end, 'in time')
    await delay(1)
  }
}

/** A process that has not used `table` yet, which another process has created. */
async function withColdTable() {
  const store = new WornStore()
  const { driver, reads, parts } = counted(store)
  const fixture = new EngineFixture({ driver, ...STOPPED })
  const other = new EngineFixture({ driver: remote(new WornDriver(store)) })
  await other.create('table', HASH_ONLY)
  await until(() => reads.shards > 0)
  const close = async () => {
    await fixture.close()
    await other.close()
  }
  return { fixture, other, reads, parts, close }
}

/** A table whose definition is being read; the read ends when `open` is called. */
async function withHeldRead(table = 'table') {
  const cold = await withColdTable()
  const { isOpen, open } = gate()
  cold.parts.answer = () => isOpen
  const get = () => outcomeOf(cold.fixture.get(table, KEY))
  const early = get()
  await until(() => cold.reads.definitions === 1)
  return { ...cold, get, early, open }
}

/** A promise that `open` resolves. */
function gate() {
  let open = () => {}
  const isOpen = new Promise<void>((resolve) => {
    open = resolve
  })
  return { isOpen, open: () => open() }
}

test('a deletion drops cached definitions of its shard only, of 1,000 projects', async () => {
  const store = new WornStore()
  const { driver, reads } = counted(store)
  const projects = Array.from({ length: 1_000 }, (_, i) => `project-${i}`)
  const fixture = new EngineFixture({ driver, ...STOPPED })
  await until(() => reads.shards === 1)
  const maker = new EngineFixture({ driver: new WornDriver(store) })
  const { catalogue } = fixture.engine
  const use = async (): Promise<number> => {
    const before = reads.definitions
    for (const projectId of projects) {
      const context = { storage: driver, projectId, deadline: performance.now() + WAIT_MS }
      await catalogue.active(context, 'table')
      await new Promise(setImmediate)
    }
    return reads.definitions - before
  }
  const definition = await maker.create('table', HASH_ONLY)
  await copyDefinition(maker.driver, 'project', projects)
  assert.is(definition.status, 'ACTIVE')
  assert.is(await use(), 1_000)
  assert.is(await use(), 0)
  await moveRevision(remote(maker.driver), 'a stranger', performance.now() + WAIT_MS)
  await until(() => reads.shards === 2)
  const sharing = projects.filter((projectId) => shardOf(projectId) === shardOf('a stranger'))
  assert.ok(sharing.length > 0 && sharing.length < 20, `${sharing.length} projects`)
  assert.is(await use(), sharing.length)
  await fixture.close()
  await maker.close()
})

/** Copies a table's definition to other projects. */
async function copyDefinition(
  driver: StorageDriver,
  from: string,
  to: readonly string[],
): Promise<void> {
  const read = { level: 'strong', deadline: performance.now() + WAIT_MS } as const
  const sort = Buffer.from('table')
  const row = await driver.get(CATALOGUE_TABLE_ID, Buffer.from(from), sort, read)
  assert.ok(row)
  const put = [{ sort, value: row?.value ?? Buffer.alloc(0), size: 1, expiresAt: 0 }]
  for (const projectId of to) {
    const commit = { id: newVersion(), require: [{ sort }], put, delete: [] }
    await driver.commit(CATALOGUE_TABLE_ID, Buffer.from(projectId), commit, read.deadline)
  }
}

test('1,000 concurrent gets of an uncached table read its definition once', async () => {
  const { fixture, reads, parts, close } = await withColdTable()
  const { isOpen, open } = gate()
  parts.answer = () => isOpen
  const gets = Array.from({ length: 1_000 }, () => outcomeOf(fixture.get('table', KEY)))
  await until(() => reads.definitions > 0)
  open()
  assert.equal([...new Set(await Promise.all(gets))], ['ok'])
  assert.is(reads.definitions, 1)
  assert.is(await outcomeOf(fixture.get('table', KEY)), 'ok')
  assert.is(reads.definitions, 1, 'it is cached')
  await close()
})

test('a failed load rejects its starter and is retried once for all others', async () => {
  const { fixture, reads, parts, close } = await withColdTable()
  let isAway = true
  const { isOpen, open } = gate()
  parts.answer = async () => {
    await isOpen
    if (isAway) throw new StorageUnavailableError('a played fault')
  }
  const get = () => fixture.get('table', KEY).catch((error: Error) => error.name)
  const gets = Array.from({ length: 100 }, get)
  await until(() => reads.definitions > 0)
  open()
  assert.equal([...new Set(await Promise.all(gets))], ['StorageUnavailableError'])
  assert.is(reads.definitions, 2)
  isAway = false
  assert.is(await get(), undefined, 'the failure is not kept')
  assert.is(reads.definitions, 3)
  await close()
})

test("the deadline of a load's starter does not apply to those who wait", async () => {
  const { fixture, reads, parts, close } = await withColdTable()
  const { isOpen, open } = gate()
  parts.answer = () => isOpen
  const { catalogue } = fixture.engine
  const { projectId, driver: storage } = fixture
  const within = (ms: number) =>
    catalogue
      .active({ storage, projectId, deadline: performance.now() + ms }, 'table')
      .then(({ definition }) => definition.name)
      .catch((error: Error) => error.name)
  const [first, patient, hasty] = [within(20), within(WAIT_MS), within(20)]
  assert.equal(await Promise.all([first, hasty]), Array(2).fill('StorageUnavailableError'))
  open()
  assert.is(await patient, 'table')
  assert.is(reads.definitions, 1)
  await close()
})

test('a table created during a load is found by later requests', async () => {
  const { other, get, early, open, close } = await withHeldRead('new-table')
  await other.create('new-table', HASH_ONLY)
  const late = get()
  open()
  assert.equal(await Promise.all([early, late]), ['table_not_found', 'ok'])
  await close()
})

test("a load's result is not used after a pause of the process", async () => {
  const store = new WornStore()
  const { driver, reads, parts } = counted(store)
  let now = 1e6
  const fixture = new EngineFixture({ driver, ...STOPPED, monotonicNow: () => now })
  const other = new EngineFixture({ driver: new WornDriver(store) })
  const { id } = await other.create('table', HASH_ONLY)
  const { isOpen, open } = gate()
  parts.answer = () => isOpen
  const { catalogue } = fixture.engine
  const { projectId } = fixture
  const load = async () => {
    const context = { storage: driver, projectId, deadline: performance.now() + WAIT_MS }
    return (await catalogue.active(context, 'table')).definition.id
  }
  const early = load()
  await until(() => reads.definitions === 1)
  now += 60_000
  await other.run(deleteTable, { table: 'table' })
  while ((await outcomeOf(other.create('table', HASH_ONLY))) !== 'ok') await delay(1)
  const late = load()
  open()
  assert.is(await early, id)
  assert.is.not(await late, id)
  await fixture.close()
  await other.close()
})

test('a load during a deletion by this process is neither shared nor cached', async () => {
  const { fixture, parts, get, early, open, close } = await withHeldRead()
  parts.answer = async () => {}
  await fixture.run(deleteTable, { table: 'table' })
  assert.is(await get(), 'validation')
  open()
  await early
  assert.is(await get(), 'validation')
  await close()
})

test('a definition read while its shard moved is not cached', async () => {
  const { fixture, other, parts, reads, get, early, open, close } = await withHeldRead()
  parts.answer = async () => {}
  const shards = reads.shards
  await moveRevision(other.driver, fixture.projectId, performance.now() + WAIT_MS)
  await until(() => reads.shards > shards)
  open()
  assert.is(await early, 'ok')
  const before = reads.definitions
  await get()
  assert.is(reads.definitions, before + 1)
  await close()
})

const NOTHING_READ = { values: 0, sorts: 0, pages: 0 }

/** A driver that counts reads of the catalogue, and ends each page of keys after `sortsMax`. */
function listing(sortsMax: number) {
  const driver = new WornDriver()
  const read = { ...NOTHING_READ }
  const isOurs = (table: TableId) => table.equals(CATALOGUE_TABLE_ID)
  const listed: StorageDriver = {
    ...remote(driver),
    async slice(table, ...rest) {
      const slice = await driver.slice(table, ...rest)
      if (isOurs(table)) read.values += slice.rows.length
      return slice
    },
    async sorts(table, partition, range, rows, options) {
      const page = await driver.sorts(table, partition, range, rows, options)
      if (!isOurs(table)) return page
      read.pages += 1
      const sorts = page.sorts.slice(0, sortsMax)
      read.sorts += sorts.length
      if (sorts.length === page.sorts.length) return page
      // A position between two rows, as if the storage had passed a deleted one.
      const reached = Buffer.concat([
        sorts.at(-1) ?? range.from ?? Buffer.alloc(0),
        Buffer.alloc(1),
      ])
      return { sorts, more: true, reached }
    },
  }
  return { driver: listed, read }
}

test('ListTables reads names and no definitions', async () => {
  const { driver, read } = listing(LIST_TABLES_MAX)
  const fixture = new EngineFixture({ driver, ...STOPPED })
  const names = Array.from({ length: 30 }, (_, i) => `table-${100 + i}`)
  for (const name of names) await fixture.create(name)
  Object.assign(read, NOTHING_READ)
  assert.equal((await fixture.run(listTables, { limit: 20 })).tables, names.slice(0, 20))
  assert.equal(fixture.cost, { requests: 1, depth: 1 })
  assert.equal(read, { values: 0, sorts: 21, pages: 1 })
  await fixture.close()
})

test('ListTables continues after a page that ended early', async () => {
  const { driver, read } = listing(3)
  const fixture = new EngineFixture({ driver, ...STOPPED })
  const names = Array.from({ length: 8 }, (_, i) => `table-${i}`)
  for (const name of names) await fixture.create(name)
  Object.assign(read, NOTHING_READ)
  assert.equal(await fixture.run(listTables, { limit: 100 }), { tables: names, more: false })
  assert.equal(read, { values: 0, sorts: 8, pages: 3 })
  const page = await fixture.run(listTables, { limit: 5 })
  assert.equal(page, {
    tables: names.slice(0, 5),
    more: true,
    lastEvaluatedTable: 'table-4',
  })
  await fixture.close()
})

test.run()
