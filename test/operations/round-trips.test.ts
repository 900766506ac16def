import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeTable } from '../../src/operations/describe-table.ts'
import { getItem } from '../../src/operations/get-item.ts'
import type { Operation } from '../../src/operations/operation.ts'
import { updateItem } from '../../src/operations/update-item.ts'
import { MemoryDriver } from '../../src/storage/memory/driver.ts'
import { EngineFixture } from '../engine/engine-fixture.ts'
import { remote } from '../engine/remote-driver.ts'
import {
  ADD,
  BUDGETS,
  type Budget,
  type Cost,
  createBudgetTables,
  NONE,
  onTable,
  PLAIN,
  type Request,
  request,
} from './round-trip-budgets.ts'

const test = suite('round trips')

const VIEWS = [
  ['embedded', (driver: MemoryDriver) => driver],
  ['remote', remote],
] as const

type View = (typeof VIEWS)[number][1]

/** An engine that has used both tables after it has first confirmed what it knows. */
async function withTables(view: View): Promise<EngineFixture> {
  const fixture = new EngineFixture({ driver: view(new MemoryDriver()) })
  await delay(0)
  await createBudgetTables(fixture)
  return fixture
}

async function costOf(fixture: EngineFixture, asked: Request): Promise<Cost> {
  await asked(fixture)
  return [fixture.cost.requests, fixture.cost.depth]
}

/** What a request costs a new process, and one that knows the tables and their confirmation. */
async function measured(view: View, { request: asked }: Budget): Promise<Record<string, Cost>> {
  const tables = await withTables(view)
  const fresh = new EngineFixture({ driver: tables.driver })
  const cold = await costOf(fresh, asked)
  await fresh.close()
  await tables.close()
  const known = await withTables(view)
  const warm = await costOf(known, asked)
  await known.close()
  return { cold, warm }
}

for (const [what, view] of VIEWS) {
  for (const budget of BUDGETS) {
    test(`${what}: ${budget.what} costs ${budget.warm}, cold ${budget.cold}`, async () => {
      const { cold, warm } = budget
      assert.equal(await measured(view, budget), { cold, warm })
    })
  }
}

test('an operation that reads once more is found out', async () => {
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

test('a lost race costs two more', async () => {
  const fixture = await withTables(remote)
  const { commit } = fixture.driver
  fixture.driver.commit = async (...call) => {
    fixture.driver.commit = commit
    const rival = new EngineFixture({ driver: fixture.driver })
    await rival.run(updateItem, { ...PLAIN, ...NONE, updates: ADD })
    await rival.close()
    return commit(...call)
  }
  const asked = request(updateItem, { ...PLAIN, ...NONE, updates: ADD })
  assert.equal(await costOf(fixture, asked), [4, 4])
  await fixture.close()
})

test.run()
