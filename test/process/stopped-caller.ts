import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { tableIdOf } from '../../src/engine/format/system-tables.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { getItem } from '../../src/operations/items/get-item.ts'
import { putItem } from '../../src/operations/items/put-item.ts'
import { query } from '../../src/operations/items/query.ts'
import { updateItem } from '../../src/operations/items/update-item.ts'
import { deleteTable } from '../../src/operations/tables/delete-table.ts'
import { listTables } from '../../src/operations/tables/list-tables.ts'
import { openDriver, type StorageOptions } from '../../src/storage/registry.ts'
import { EngineFixture, HASH_ONLY } from '../engine/engine-fixture.ts'
import { item, shown, value } from '../engine/short-items.ts'
import { add } from '../expression/short-expressions.ts'
import { TableFixture } from '../storage/contract/table-fixture.ts'
import { deletions, eventually } from './jobs-of-processes.ts'

const CALLER = fileURLToPath(new URL('./caller.js', import.meta.url))
const LATE_MS = 60_000
const KEY = item({ h: 'a' })
const ADD = [add('v', value(1))]
const HASH = new Map([['h', { op: 'eq' as const, value: value('a') }]])
const NONE = { returnValues: 'NONE' } as const
const STRONG = { consistentRead: true } as const
const ASK = { ...STRONG, select: 'ALL_ATTRIBUTES', forward: true } as const

const put = (h: string) => (fixture: EngineFixture, table: string) =>
  fixture.run(putItem, { ...NONE, table, item: item({ h, v: 5 }) }, LATE_MS)

/** What a caller can do with a table's item. */
const REQUESTS = {
  get: async (fixture: EngineFixture, table: string) => {
    const { item: found } = await fixture.run(getItem, { table, key: KEY, ...STRONG }, LATE_MS)
    return shown(found)
  },
  query: async (fixture: EngineFixture, table: string) => {
    const { items } = await fixture.run(query, { ...ASK, table, keyConditions: HASH }, LATE_MS)
    return (items ?? []).map((found) => shown(found)).join()
  },
  add: (fixture: EngineFixture, table: string) =>
    fixture.run(updateItem, { ...NONE, table, key: KEY, updates: ADD }, LATE_MS),
  put: put('a'),
  /** To a partition that the purge of the old table did not see. */
  putOther: put('b'),
}

export interface Asked {
  readonly id: number
  readonly request: keyof typeof REQUESTS
  readonly table: string
}

export function outcomeOfRequest(fixture: EngineFixture, asked: Asked): Promise<string> {
  const asking: Promise<unknown> = REQUESTS[asked.request](fixture, asked.table)
  return asking.then(
    (outcome) => (typeof outcome === 'string' ? outcome : 'done'),
    (error) => (error instanceof MagnetoDBError ? error.code : String(error)),
  )
}

interface Case extends Omit<Asked, 'id'> {
  /** If true, the request begins before the process is stopped, and waits where it touches the
   * item. Otherwise the request comes while the process is stopped, and its table is cached. */
  readonly held: boolean
  /** The table is deleted, and may be created again with the same key or with another. */
  readonly table: string
  readonly successor: 'same key' | 'another key' | 'none'
  readonly outcome: string
  /** The value of the successor's item at the end. */
  readonly left?: number
}

const FOUND = shown(item({ h: 'a', v: 10 }))
const SAME = { successor: 'same key' } as const

/** @param isFenced whether the engine refuses writes that use an old definition */
function casesOf(isFenced: boolean): readonly Case[] {
  const cases = [true, false].flatMap((held): readonly Omit<Case, 'table'>[] => {
    const isLate = held && !isFenced
    const unknown = 'outcome_unknown'
    /** A write to the old table has no visible effect. */
    const written = (left: number) =>
      isLate ? { outcome: unknown, left: 10 } : { outcome: 'done', left }
    return [
      { held, ...SAME, request: 'get', outcome: FOUND, left: 10 },
      { held, ...SAME, request: 'query', outcome: FOUND, left: 10 },
      { held, ...SAME, request: 'add', ...written(11) },
      { held, ...SAME, request: 'put', ...written(5) },
      { held, ...SAME, request: 'putOther', ...written(10) },
      { held, successor: 'another key', request: 'put', outcome: isLate ? unknown : 'validation' },
      { held, successor: 'none', request: 'get', outcome: 'table_not_found' },
    ]
  })
  return cases.map((one, i) => ({ ...one, table: `table-${i}` }))
}

/**
 * Pauses a process in the middle of some requests, deletes their tables, creates them again and
 * continues the process. Other requests arrive during the pause; they use cached definitions. The
 * process must read only by the new definitions and report no write to an old table as done.
 * Nothing of the old tables may be left.
 */
export async function stopCallerOverReplacement(storage: StorageOptions): Promise<void> {
  const driver = await openDriver(storage)
  const cases = casesOf(driver.versionNow !== undefined)
  const fixture = new EngineFixture({ driver })
  const caller = fork(CALLER, [JSON.stringify(storage)])
  const outcomes = new Map<number, string>()
  let held = 0
  caller.on('message', (message: 'ready' | { held: true } | { id: number; outcome: string }) => {
    if (message === 'ready') return
    if ('held' in message) held++
    else outcomes.set(message.id, message.outcome)
  })
  const ask = (id: number, { request, table }: Case) => caller.send({ id, request, table })
  const wanted = (isHeld: boolean) =>
    cases.map((one, id) => ({ one, id })).filter(({ one }) => one.held === isHeld)
  try {
    await once(caller, 'message')
    const ids = await Promise.all(cases.map(({ table }) => made(fixture, table, 1)))
    // Now the process has cached all definitions.
    for (const [id, one] of cases.entries()) ask(100 + id, { ...one, request: 'get' })
    await eventually('it has used them', () => outcomes.size === cases.length)
    held = 0
    caller.send('hold')
    for (const { one, id } of wanted(true)) ask(id, one)
    await eventually('they are held back', () => held === wanted(true).length)
    caller.kill('SIGSTOP')
    // All at once, because a write over 20 s after the first name became free is not purged.
    await Promise.all(cases.map(({ table }) => fixture.run(deleteTable, { table })))
    const names = async () => (await fixture.run(listTables, { limit: 100 })).tables
    await eventually('they are gone', async () => (await names()).length === 0)
    const successors = cases.map(async ({ successor, table }) => {
      if (successor === 'same key') await made(fixture, table, 10)
      if (successor === 'another key') await fixture.create(table)
    })
    await Promise.all(successors)
    for (const { one, id } of wanted(false)) ask(id, one)
    caller.send('go')
    caller.kill('SIGCONT')
    await eventually('all are answered', () => cases.every((_, id) => outcomes.has(id)))
    const answered = cases.map(({ outcome, ...one }, id) => ({ ...one, outcome: outcomes.get(id) }))
    assert.equal(answered, cases)
    for (const { table, left } of cases) {
      if (left === undefined) continue
      assert.is(shown(await fixture.get(table, KEY)), shown(item({ h: 'a', v: left })), table)
    }
    await eventually('the jobs are done', async () => (await deletions(driver)).length === 0)
    for (const id of ids) assert.equal(await new TableFixture(driver, id).scanAll(), [])
  } finally {
    caller.kill('SIGKILL')
    await fixture.close()
    await driver.close()
  }
}

/** Creates a table with one item. */
async function made(fixture: EngineFixture, table: string, v: number): Promise<Buffer> {
  const definition = await fixture.create(table, HASH_ONLY)
  await fixture.run(putItem, { ...NONE, table, item: item({ h: 'a', v }) })
  return tableIdOf(definition)
}
