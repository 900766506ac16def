import { comparison } from '../../src/expression/condition.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { type EncodedItem, readItem } from '../../src/model/typed-json.ts'
import { deleteItem } from '../../src/operations/items/delete-item.ts'
import { getItem } from '../../src/operations/items/get-item.ts'
import { putItem } from '../../src/operations/items/put-item.ts'
import { updateItem } from '../../src/operations/items/update-item.ts'
import type { Operation as EngineOperation } from '../../src/operations/operation.ts'
import { createTable } from '../../src/operations/tables/create-table.ts'
import { deleteTable } from '../../src/operations/tables/delete-table.ts'
import { StorageUnavailableError } from '../../src/storage/driver.ts'
import { type EngineFixture, WITH_INDEXES } from '../engine/engine-fixture.ts'
import { item, value } from '../engine/short-items.ts'
import { add } from '../expression/short-expressions.ts'
import type { Event, Operation, Outcome } from './history.ts'

export const TABLE = 'table'
const OPERATION_MS = 10_000
const NONE = { table: TABLE, returnValues: 'NONE' } as const

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  condition_failed: 'failed',
  table_exists: 'failed',
  table_not_found: 'gone',
  unavailable: 'none',
  outcome_unknown: 'unknown',
}

/** Performs an operation through the engine and returns its outcome. */
export async function perform(
  fixture: EngineFixture,
  operation: Operation,
): Promise<Pick<Event, 'outcome' | 'shown'>> {
  try {
    return { outcome: 'ok', shown: await ask(fixture, operation) }
  } catch (error) {
    return { outcome: outcomeOf(error) }
  }
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof StorageUnavailableError) return 'none'
  if (!(error instanceof MagnetoDBError)) throw error
  if (error.reason.is === 'table_not_active') return 'gone'
  const outcome = OUTCOMES[error.code]
  if (!outcome) throw error
  return outcome
}

async function ask(fixture: EngineFixture, operation: Operation): Promise<number | undefined> {
  const run = <C, R>(what: EngineOperation<C, R>, command: C) =>
    fixture.run(what, command, OPERATION_MS)
  const done = (work: Promise<unknown>) => work.then(() => undefined)
  const put = (key: string, number: number, more = {}) => {
    const attributes = { ...placeOf(key), v: number, number, text: `${number}` }
    return done(run(putItem, { ...NONE, item: item(attributes), ...more }))
  }
  const numberIn = (found: EncodedItem | undefined) =>
    found && Number(readItem(found.json).get('v')?.value)
  switch (operation.do) {
    case 'create':
      return done(run(createTable, { ...WITH_INDEXES, table: TABLE }))
    case 'delete':
      return done(run(deleteTable, { table: TABLE }))
    case 'put': {
      const { key, value: number, lifeMs } = operation
      return put(key, number, lifeMs === undefined ? {} : { timeToLiveSeconds: lifeMs / 1_000 })
    }
    case 'remove':
      return done(run(deleteItem, { ...NONE, key: keyOf(operation.key) }))
    case 'swap': {
      const { key, from, to } = operation
      return put(key, to, { condition: comparison('v', 'eq', value(from)) })
    }
    case 'add': {
      const updates = ['v', 'number'].map((name) => add(name, value(operation.number)))
      const command = { table: TABLE, key: keyOf(operation.key), updates }
      return numberIn((await run(updateItem, { ...command, returnValues: 'ALL_NEW' })).attributes)
    }
    case 'get': {
      const command = { table: TABLE, key: keyOf(operation.key), consistentRead: true }
      return numberIn((await run(getItem, command)).item)
    }
  }
}

function placeOf(key: string) {
  return { h: 'a', r: key.charCodeAt(0) }
}

function keyOf(key: string) {
  return item(placeOf(key))
}
