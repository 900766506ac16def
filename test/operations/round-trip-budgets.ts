import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { setImmediate as immediate } from 'node:timers/promises'
import { addJob, JOB_SHARDS, shardOf } from '../../src/engine/leases/add-job.ts'
import { newJob } from '../../src/engine/leases/job.ts'
import type { Item } from '../../src/model/attribute-value.ts'
import { batchGetItem } from '../../src/operations/batches/batch-get-item.ts'
import { batchWriteItem } from '../../src/operations/batches/batch-write-item.ts'
import { bulkLoad } from '../../src/operations/batches/bulk-load.ts'
import { deleteItem } from '../../src/operations/items/delete-item.ts'
import { getItem } from '../../src/operations/items/get-item.ts'
import { putItem } from '../../src/operations/items/put-item.ts'
import { type Query, query } from '../../src/operations/items/query.ts'
import { scan } from '../../src/operations/items/scan.ts'
import { updateItem } from '../../src/operations/items/update-item.ts'
import type { Operation } from '../../src/operations/operation.ts'
import { deleteTable } from '../../src/operations/tables/delete-table.ts'
import { describeTable } from '../../src/operations/tables/describe-table.ts'
import { listTables } from '../../src/operations/tables/list-tables.ts'
import { listTagsOfResource } from '../../src/operations/tables/list-tags.ts'
import { tagResource } from '../../src/operations/tables/tag-resource.ts'
import { type EngineFixture, outcomeOf, WITH_INDEXES } from '../engine/engine-fixture.ts'
import { item, value } from '../engine/short-items.ts'
import { absent, add, exists, put as setTo } from '../expression/short-expressions.ts'

/** The exact storage cost of each kind of request, the same on all engines. */

export type Request = (fixture: EngineFixture) => Promise<unknown>
export type Cost = readonly [requests: number, depth: number]

/** The cost of a request: `cold` in a process that has not used the table before, else `warm`. */
export interface Budget {
  readonly what: string
  readonly request: Request
  readonly warm: Cost
  readonly cold: Cost
}

export function request<C, R>(operation: Operation<C, R>, command: C): Request {
  return (fixture) => fixture.run(operation, command)
}

/** Milliseconds. Only ends a hang. */
const KNOWN_WITHIN_MS = 60_000

const CONDITION = exists('h')
export const ADD = [add('v', value(1))]
const SET_AT = [setTo('at', value(Date.now() / 1000))]
const ADD_AT = [add('at', value(1))]
const HASH = new Map([['h', { op: 'eq' as const, value: value('a') }]])
export const NONE = { returnValues: 'NONE' } as const
const LIFE = { timeToLiveSeconds: 3_600 }
const ALL_OLD = { returnValues: 'ALL_OLD' } as const
export const PLAIN = { table: 'plain', key: item({ h: 'a', r: 1 }) }
const INDEXED = { ...PLAIN, table: 'indexed' }
/** An item of the table with the time-to-live attribute `at`. */
const TIMED = { ...PLAIN, table: 'timed' }
const TIMES = ['a', 'a', 'b', 'c'].map((h, r) => item({ h, r, at: Date.now() / 1000 }))
const TIMED_PUT = { ...NONE, table: 'timed', item: TIMES[0] as Item }
const ABSENT = { table: 'plain', key: item({ h: 'absent', r: 1 }) }
const PLAIN_PUT = { table: 'plain', item: item({ h: 'a', r: 1 }) }
const INDEXED_PUT = { table: 'indexed', item: item({ h: 'a', r: 1, number: 1 }) }
const ASK: Query = {
  ...{ table: 'indexed', keyConditions: HASH, consistentRead: false, forward: true },
  select: 'ALL_ATTRIBUTES',
}
const SCAN = {
  ...{ table: 'plain', select: 'ALL_ATTRIBUTES', consistentRead: false },
  ...{ segment: 0, totalSegments: 1 },
} as const
const TAGS = new Map([['a', 'b']])
const KEYS = ['a', 'a', 'b', 'c'].map((h, r) => item({ h, r }))
/** Items of one partition, as many as a load commits together if it reads no old items. */
const LOADED = Array.from({ length: 100 }, (_, r) => item({ h: 'a', r }))

function readKeys(table: string): Request {
  return request(batchGetItem, { requests: [{ table, keys: KEYS, consistentRead: false }] })
}

function writeItems(table: string, items: readonly Item[] = KEYS): Request {
  const writes = items.map((put) => ({ put }))
  return request(batchWriteItem, { requests: [{ table, writes }] })
}

/** Adds a job to each shard, so that new jobs find an open epoch. */
export async function addOtherJobs(fixture: EngineFixture): Promise<void> {
  for (let shard = 0; shard < JOB_SHARDS; shard++) {
    let job = newJob('other', 'of nobody', {})
    for (let n = 0; shardOf(job) !== shard; n++) job = newJob(`other-${n}`, 'of nobody', {})
    await addJob(fixture.driver, job, performance.now() + KNOWN_WITHIN_MS)
  }
}

async function deletePlain(fixture: EngineFixture): Promise<unknown> {
  await addOtherJobs(fixture)
  return fixture.run(deleteTable, { table: 'plain' })
}

/** A load whose items all arrive at once. */
function loadItems(table: string, items: readonly Item[]): Request {
  const chunk = items.map((each) => ({ bytes: 1, text: () => '', decode: () => each }))
  return async (fixture) => {
    const lines = Readable.from([chunk])
    const { processed } = await fixture.run(bulkLoad, { table, lines, onProgress() {} })
    if (processed !== items.length) throw new Error(`${processed} lines were processed`)
  }
}

/** The budget of a request for which a cold process must read the definition first. */
export function onTable(what: string, asked: Request, [requests, depth]: Cost): Budget {
  return { what, request: asked, warm: [requests, depth], cold: [requests + 1, depth + 1] }
}

/** Requests that use no cached definition. */
function uncached(what: string, asked: Request, cost: Cost): Budget {
  return { what, request: asked, warm: cost, cold: cost }
}

const put = (more: object) => request(putItem, { ...PLAIN_PUT, ...NONE, ...more })
const putIndexed = (more: object) => request(putItem, { ...INDEXED_PUT, ...NONE, ...more })
const remove = (more: object) => request(deleteItem, { ...PLAIN, ...NONE, ...more })
const update = (more: object) => request(updateItem, { ...PLAIN, ...NONE, updates: ADD, ...more })
const ask = (more: object) => request(query, { ...ASK, ...more })
const addToTimed = update({ ...TIMED, updates: ADD_AT })
const CONDITIONAL = { condition: CONDITION }
const UNFULFILLED = { condition: absent('h') }
const DELETE_NOTHING = { requests: [{ table: 'indexed', writes: [{ delete: ABSENT.key }] }] }
const deleteNothing = request(batchWriteItem, DELETE_NOTHING)
const putTimed = (more: object) => request(putItem, { ...TIMED_PUT, ...more })

export const BUDGETS: readonly Budget[] = [
  uncached('DescribeTable', request(describeTable, { table: 'plain' }), [1, 1]),
  uncached('ListTables', request(listTables, { limit: 100 }), [1, 1]),
  // The count of the project's tables, then the definition with the count.
  uncached('CreateTable', (fixture) => fixture.create(`t${Math.random()}`), [2, 2]),
  onTable('GetItem', request(getItem, { ...PLAIN, consistentRead: false }), [1, 1]),
  onTable('PutItem', put({}), [1, 1]),
  onTable('PutItem, old item', put(ALL_OLD), [2, 2]),
  onTable('PutItem, condition', put(CONDITIONAL), [2, 2]),
  onTable('PutItem, indexes', putIndexed({}), [2, 2]),
  // The expiry is journalled before the item is written, in parallel with the read if there is one.
  onTable('PutItem, time to live', put(LIFE), [2, 2]),
  onTable('PutItem, condition and time to live', put({ ...LIFE, ...CONDITIONAL }), [3, 2]),
  onTable('PutItem, indexes and time to live', putIndexed(LIFE), [3, 2]),
  onTable('PutItem, expiring attribute', putTimed({}), [2, 2]),
  onTable('PutItem, condition and expiring attribute', putTimed(CONDITIONAL), [3, 2]),
  onTable('DeleteItem', remove({}), [1, 1]),
  onTable('DeleteItem, old item', remove(ALL_OLD), [2, 2]),
  onTable('DeleteItem, condition', remove(CONDITIONAL), [2, 2]),
  onTable('DeleteItem, indexes', remove(INDEXED), [2, 2]),
  onTable('DeleteItem of nothing, old item', remove({ ...ABSENT, ...ALL_OLD }), [1, 1]),
  onTable('BatchWriteItem that deletes nothing, indexes', deleteNothing, [1, 1]),
  onTable('UpdateItem', update({}), [2, 2]),
  onTable('UpdateItem, indexes', update(INDEXED), [2, 2]),
  onTable('UpdateItem, time to live', update(LIFE), [3, 2]),
  onTable('UpdateItem, indexes and time to live', update({ ...INDEXED, ...LIFE }), [3, 2]),
  onTable('UpdateItem of another attribute than the expiring one', update(TIMED), [2, 2]),
  onTable('UpdateItem, expiring attribute', update({ ...TIMED, updates: SET_AT }), [3, 2]),
  // The attribute's new value is known only after the read.
  onTable('UpdateItem adds to the expiring attribute', addToTimed, [3, 2]),
  onTable('a failed condition', (fixture) => outcomeOf(put(UNFULFILLED)(fixture)), [1, 1]),
  onTable('Query', ask({}), [1, 1]),
  onTable('Query, index', ask({ index: 'by-text' }), [1, 1]),
  onTable('Query, beyond the index', ask({ index: 'by-number' }), [2, 2]),
  onTable('Query, count', ask({ index: 'by-number', select: 'COUNT' }), [1, 1]),
  onTable('Scan', request(scan, SCAN), [1, 1]),
  onTable('BatchGetItem of three partitions', readKeys('plain'), [3, 1]),
  onTable('BatchWriteItem of three partitions', writeItems('plain'), [3, 1]),
  onTable('BatchWriteItem of three partitions, indexes', writeItems('indexed'), [6, 2]),
  onTable('BatchWriteItem of four expiring items', writeItems('timed', TIMES), [7, 2]),
  onTable('BulkLoad of one partition', loadItems('plain', LOADED), [1, 1]),
  onTable('BulkLoad of three partitions', loadItems('plain', KEYS), [3, 1]),
  onTable('BulkLoad of three partitions, indexes', loadItems('indexed', KEYS), [6, 2]),
  onTable('TagResource', request(tagResource, { table: 'plain', tags: TAGS }), [2, 2]),
  onTable('ListTagsOfResource', request(listTagsOfResource, { table: 'plain' }), [1, 1]),
  // Reads the definition and the head of the jobs, then writes the job and the mark. Must be last,
  // because it makes every process read its definitions again at some later time.
  { what: 'DeleteTable', request: deletePlain, warm: [4, 4], cold: [4, 4] },
]

/** Four commits, two at once, each after the read of its old items. On Cassandra such a read may
 * take several requests, because few rows are requested at once before their size is known. */
export const INDEXED_LOAD_BUDGET: Budget = onTable(
  'BulkLoad of one partition, indexes',
  loadItems('indexed', LOADED),
  [8, 4],
)

/** Creates the tables of the budgets, and uses them until their definitions are cached. */
export async function createBudgetTables(fixture: EngineFixture): Promise<void> {
  await fixture.create('plain')
  await fixture.create('indexed', WITH_INDEXES)
  await createTimed(fixture)
  const giveUpAt = performance.now() + KNOWN_WITHIN_MS
  do {
    await fixture.run(putItem, { ...PLAIN_PUT, ...NONE })
    await fixture.run(putItem, { ...INDEXED_PUT, ...NONE })
    await fixture.run(putItem, TIMED_PUT)
    await immediate()
  } while (!isKnown(fixture) && performance.now() < giveUpAt)
}

/** Enables time to live without a job, as if this had been done long ago. */
async function createTimed(fixture: EngineFixture): Promise<void> {
  const { engine, projectId, requestDriver: storage } = fixture
  const context = { storage, projectId, deadline: performance.now() + KNOWN_WITHIN_MS }
  const [plain, id] = [await engine.catalogue.describe(context, 'plain'), randomUUID()]
  const timeToLive = { attribute: 'at' }
  await engine.catalogue.create(context, { ...plain, id, name: 'timed', timeToLive })
}

/** Whether the definitions are cached. A slow machine may have no revision of the catalogue before
 * the first requests, so that these cannot cache them. */
function isKnown({ engine, projectId, requestDriver }: EngineFixture): boolean {
  const context = { storage: requestDriver, projectId, deadline: Number.POSITIVE_INFINITY }
  return ['plain', 'indexed', 'timed'].every((name) => engine.catalogue.cached(context, name))
}
