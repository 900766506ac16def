import * as assert from 'uvu/assert'
import { withKnownTable } from '../../../src/engine/catalogue/with-table.ts'
import { CATALOGUE_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import { comparison } from '../../../src/expression/condition.ts'
import { batchGetItem } from '../../../src/operations/batches/batch-get-item.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { query } from '../../../src/operations/items/query.ts'
import { updateItem } from '../../../src/operations/items/update-item.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { describeTable } from '../../../src/operations/tables/describe-table.ts'
import { type StorageDriver, StorageUnavailableError } from '../../../src/storage/driver.ts'
import { add } from '../../expression/short-expressions.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { EngineFixture, HASH_ONLY, outcomeOf } from '../engine-fixture.ts'
import { IDLE } from '../jobs/sweeping.ts'
import { remote } from '../remote-driver.ts'
import { item, shown, value } from '../short-items.ts'

const test = suite('with table')

const KEY = item({ h: 'a' })
const NONE = { table: 'table', returnValues: 'NONE' } as const
/** Milliseconds for which a process is stopped: longer than a confirmation holds. */
const STOPPED_MS = 60_000

/**
 * A process that has cached `table`, in which the item `a` has v = 1, and another process on the
 * same storage. `stop` stops the first one in its next call of the storage, while the other works.
 * A stopped process sees on both clocks how long this was; a paused virtual machine sees it on one.
 */
async function stoppable(clock: 'both clocks' | 'wall clock' = 'both clocks') {
  const store = new WornStore()
  let skipped = 0
  let meanwhile: (() => Promise<unknown>) | undefined
  const driver = remote(new WornDriver(store))
  let isCatalogueAway = false
  /** Makes the call when the process continues. */
  const stopping =
    <C extends readonly unknown[], R>(call: (table: Buffer, ...args: C) => Promise<R>) =>
    async (table: Buffer, ...args: C): Promise<R> => {
      const isSystem = table.subarray(0, 15).equals(CATALOGUE_TABLE_ID.subarray(0, 15))
      const now = isSystem ? undefined : meanwhile
      if (now) {
        meanwhile = undefined
        await now()
        skipped += STOPPED_MS
      } else if (isSystem && isCatalogueAway) {
        throw new StorageUnavailableError('a played fault')
      }
      return call(table, ...args)
    }
  const stopped: StorageDriver = {
    ...driver,
    get: stopping(driver.get),
    getMany: stopping(driver.getMany),
    slice: stopping(driver.slice),
    commit: stopping(driver.commit),
  }
  const long = { leaseMs: 1e6, renewalMs: 1e6, turnMs: 1e6, pollMs: 1e6 }
  const jobTimes = { ...long, marginMs: 0, failurePauseMaxMs: 1 }
  const monotonicNow = () => performance.now() + (clock === 'both clocks' ? skipped : 0)
  const now = () => Date.now() + skipped
  const fixture = new EngineFixture({ driver: stopped, jobTimes, monotonicNow, now })
  const other = new EngineFixture({ driver: new WornDriver(store) })
  await other.create('table', HASH_ONLY)
  await other.run(putItem, { ...NONE, item: item({ h: 'a', v: 1 }) })
  assert.ok(await fixture.get('table', KEY))
  const remove = async () => {
    await other.run(deleteTable, { table: 'table' })
    const status = () => outcomeOf(other.run(describeTable, { table: 'table' }))
    while ((await status()) === 'ok') await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return {
    fixture,
    other,
    remove,
    async replace() {
      await remove()
      await other.create('table', HASH_ONLY)
      await other.run(putItem, { ...NONE, item: item({ h: 'a', v: 10 }) })
    },
    /** Marks the table, without a process that continues the deletion. */
    async markDeleting() {
      await other.close()
      const marking = new EngineFixture({ driver: new WornDriver(store), jobTimes: IDLE })
      await marking.run(deleteTable, { table: 'table' })
      await marking.close()
    },
    async loseCatalogue() {
      isCatalogueAway = true
    },
    stop(work: () => Promise<unknown>) {
      meanwhile = work
    },
    async close() {
      await fixture.close()
      await other.close()
    },
  }
}

const NEW = shown(item({ h: 'a', v: 10 }))

type Stoppable = Awaited<ReturnType<typeof stoppable>>

/** The result of a request that was stopped while the table was replaced. */
async function stoppedOverReplacement<T>(
  request: (processes: Stoppable) => Promise<T>,
  clock?: Parameters<typeof stoppable>[0],
): Promise<T> {
  const processes = await stoppable(clock)
  processes.stop(processes.replace)
  const result = await request(processes)
  await processes.close()
  return result
}

test('a read paused across a delete and re-create reads the new table', async () => {
  const asked = { table: 'table', forward: true, consistentRead: true } as const
  const keyConditions = new Map([['h', { op: 'eq' as const, value: value('a') }]])
  const requests = [{ table: 'table', keys: [KEY], consistentRead: true }]
  const found = await stoppedOverReplacement(({ fixture }) => fixture.get('table', KEY))
  assert.is(shown(found), NEW)
  const page = await stoppedOverReplacement(({ fixture }) =>
    fixture.run(query, { ...asked, keyConditions, select: 'ALL_ATTRIBUTES' }),
  )
  assert.is(shown(page.items?.[0]), NEW)
  const batch = await stoppedOverReplacement(({ fixture }) =>
    outcomeOf(fixture.run(batchGetItem, { requests })),
  )
  assert.is(batch, 'unavailable', 'its keys were placed by the old definition')
})

test('a write paused across a delete and re-create is of unknown outcome', async () => {
  const updates = [add('v', value(1))]
  const put = (v: number) => ({ ...NONE, item: item({ h: 'a', v }) })
  const writes: ((fixture: EngineFixture) => Promise<unknown>)[] = [
    (fixture) => fixture.run(updateItem, { ...NONE, key: KEY, updates }),
    (fixture) => fixture.run(putItem, put(5)),
  ]
  for (const write of writes) {
    const left = await stoppedOverReplacement(async ({ fixture, other }) => {
      assert.is(await outcomeOf(write(fixture)), 'outcome_unknown')
      return other.get('table', KEY)
    })
    assert.is(shown(left), NEW)
  }
})

test('a write that the old table refused is applied to the new one', async () => {
  const condition = comparison('v', 'eq', value(10))
  const left = await stoppedOverReplacement(async ({ fixture, other }) => {
    await fixture.run(putItem, { ...NONE, item: item({ h: 'a', v: 6 }), condition })
    return other.get('table', KEY)
  })
  assert.is(shown(left), shown(item({ h: 'a', v: 6 })))
})

test('a machine paused across a delete and re-create writes nothing visible', async () => {
  const left = await stoppedOverReplacement(async ({ fixture, other }) => {
    const put = fixture.run(putItem, { ...NONE, item: item({ h: 'a', v: 5 }) })
    assert.is(await outcomeOf(put), 'outcome_unknown')
    return other.get('table', KEY)
  }, 'wall clock')
  assert.is(shown(left), NEW)
})

test('a write to a table that is being deleted keeps its result', async () => {
  const processes = await stoppable()
  processes.stop(processes.markDeleting)
  const put = processes.fixture.run(putItem, { ...NONE, item: item({ h: 'a', v: 5 }) })
  assert.is(await outcomeOf(put), 'ok')
  assert.is(await outcomeOf(processes.fixture.get('table', KEY)), 'validation')
  await processes.close()
})

test('a request paused across a deletion answers table_not_found', async () => {
  const processes = await stoppable()
  processes.stop(processes.remove)
  assert.is(await outcomeOf(processes.fixture.get('table', KEY)), 'table_not_found')
  await processes.close()
})

test('a request paused without a change of the table keeps its result', async () => {
  const processes = await stoppable()
  const { fixture } = processes
  processes.stop(async () => {})
  const updates = [add('v', value(1))]
  await fixture.run(updateItem, { ...NONE, key: KEY, updates })
  assert.is(shown(await fixture.get('table', KEY)), shown(item({ h: 'a', v: 2 })))
  await processes.close()
})

test('work planned before a pause is not started with the old definition', async () => {
  const processes = await stoppable()
  const { engine, driver, projectId } = processes.fixture
  const context = { storage: driver, projectId, deadline: performance.now() + 30_000 }
  const known = await engine.catalogue.active(context, 'table')
  processes.stop(processes.replace)
  await processes.fixture.get('table', KEY)
  let begun = 0
  const planned = withKnownTable(engine, context, { known }, async () => begun++)
  assert.is(await outcomeOf(planned), 'unavailable')
  assert.is(begun, 0)
  await processes.close()
})

test('if the table cannot be read again, the outcome is unknown', async () => {
  const processes = await stoppable()
  processes.stop(processes.loseCatalogue)
  const put = processes.fixture.run(putItem, { ...NONE, item: item({ h: 'a', v: 3 }) })
  assert.is(await outcomeOf(put), 'outcome_unknown')
  await processes.close()
})

test.run()
