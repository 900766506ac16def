import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { getItem } from '../../src/operations/items/get-item.ts'
import { updateItem } from '../../src/operations/items/update-item.ts'
import type { Operation } from '../../src/operations/operation.ts'
import { describeTable } from '../../src/operations/tables/describe-table.ts'
import { describeTimeToLive } from '../../src/operations/tables/describe-time-to-live.ts'
import { updateTimeToLive } from '../../src/operations/tables/update-time-to-live.ts'
import type { StorageDriver } from '../../src/storage/driver.ts'
import { LmdbDriver } from '../../src/storage/lmdb/driver.ts'
import { EngineFixture, isOfTenant } from '../engine/engine-fixture.ts'
import { remote } from '../engine/remote-driver.ts'
import { WornDriver } from '../storage/worn-driver.ts'
import { suite } from '../support/suite.ts'
import {
  ADD,
  addOtherJobs,
  BUDGETS,
  type Budget,
  type Cost,
  createBudgetTables,
  INDEXED_LOAD_BUDGET,
  NONE,
  onTable,
  PLAIN,
  type Request,
  request,
} from './round-trip-budgets.ts'

const test = suite('round trips')

let folder: string
let lmdb: LmdbDriver

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'magnetodb-round-trips-'))
  lmdb = new LmdbDriver({ path: folder, mapSizeBytes: 256 * 1024 * 1024 })
  await lmdb.open()
})

// Prevents jobs from sealing their epochs. By chance one in 64 does, and the next job then costs
// two
// more round trips.
const { random } = Math
test.before(() => {
  Math.random = () => Math.max(random(), 1 / 32)
})

test.after(async () => {
  Math.random = random
  await lmdb.close()
  await rm(folder, { recursive: true })
})

type View = () => StorageDriver

const VIEWS: readonly (readonly [string, View])[] = [
  ['lmdb', () => lmdb],
  ['remote', () => remote(new WornDriver())],
]

/** An engine that has cached the tables, after its first poll of the revision. */
async function withTables(view: View): Promise<EngineFixture> {
  const fixture = new EngineFixture({ driver: view(), projectId: randomUUID() })
  await delay(0)
  await createBudgetTables(fixture)
  return fixture
}

async function costOf(fixture: EngineFixture, asked: Request): Promise<Cost> {
  await asked(fixture)
  return [fixture.cost.requests, fixture.cost.depth]
}

/** The cost of a request in a new process, and in one that has cached the tables. */
async function measured(view: View, { request: asked }: Budget): Promise<Record<string, Cost>> {
  const tables = await withTables(view)
  const { driver, projectId } = tables
  const fresh = new EngineFixture({ driver, projectId })
  const cold = await costOf(fresh, asked)
  await fresh.close()
  await tables.close()
  const known = await withTables(view)
  const warm = await costOf(known, asked)
  await known.close()
  return { cold, warm }
}

for (const [what, view] of VIEWS) {
  for (const budget of [...BUDGETS, INDEXED_LOAD_BUDGET]) {
    test(`${what}: ${budget.what} costs ${budget.warm}, cold ${budget.cold}`, async () => {
      const { cold, warm } = budget
      assert.equal(await measured(view, budget), { cold, warm })
    })
  }
}

// On a remote storage, the revision is moved in addition.
for (const [what, view, cost] of [
  ['lmdb', VIEWS[0]?.[1], [4, 4]],
  ['remote', VIEWS[1]?.[1], [5, 5]],
] as const) {
  test(`${what}: UpdateTimeToLive costs ${cost}`, async () => {
    if (!view) throw new Error('there is no such view')
    const fixture = await withTables(view)
    await addOtherJobs(fixture)
    for (const attribute of ['at', undefined]) {
      await fixture.run(updateTimeToLive, { table: 'plain', attribute })
      assert.equal([fixture.cost.requests, fixture.cost.depth], cost)
    }
    await fixture.run(describeTimeToLive, { table: 'plain' })
    assert.equal([fixture.cost.requests, fixture.cost.depth], [1, 1])
    await fixture.close()
  })
}

test('control: an operation that reads once more is detected', async () => {
  const wasteful: Operation<{ readonly table: string }, unknown> = {
    name: 'get_item',
    async run(engine, { table }, context) {
      await describeTable.run(engine, { table }, context)
      return getItem.run(engine, { ...PLAIN, consistentRead: false }, context)
    },
  }
  const budget = onTable('GetItem', request(wasteful, { table: 'plain' }), [1, 1])
  for (const [, view] of VIEWS) {
    assert.equal(await measured(view, budget), { cold: [3, 3], warm: [2, 2] })
  }
})

test('a lost race costs two more round trips', async () => {
  const fixture = await withTables(() => remote(new WornDriver()))
  const { commit } = fixture.driver
  fixture.driver.commit = async (...call) => {
    if (!isOfTenant(call[0])) return commit(...call)
    fixture.driver.commit = commit
    const { driver, projectId } = fixture
    const rival = new EngineFixture({ driver, projectId })
    await rival.run(updateItem, { ...PLAIN, ...NONE, updates: ADD })
    await rival.close()
    return commit(...call)
  }
  const asked = request(updateItem, { ...PLAIN, ...NONE, updates: ADD })
  assert.equal(await costOf(fixture, asked), [4, 4])
  await fixture.close()
})

test.run()
