import { Engine, type EngineOptions } from '../../src/engine/engine.ts'
import type { Item, ScalarType } from '../../src/model/attribute-value.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import type { Projection, TableDefinition } from '../../src/model/table.ts'
import { readItem } from '../../src/model/typed-json.ts'
import { getItem } from '../../src/operations/items/get-item.ts'
import type { Operation } from '../../src/operations/operation.ts'
import { type CreateTable, createTable } from '../../src/operations/tables/create-table.ts'
import { CountedStorage } from '../../src/storage/counted-storage.ts'
import type { StorageDriver, TableId } from '../../src/storage/driver.ts'
import { WornDriver } from '../storage/worn-driver.ts'
import { UNSHARED } from './unshared.ts'

const REQUEST_MS = 30_000

export interface FixtureOptions
  extends Pick<
    EngineOptions,
    'now' | 'monotonicNow' | 'jobTimes' | 'tablesPerProjectMax' | 'wakeOther'
  > {
  readonly driver?: StorageDriver
  /** The driver of requests, if background work uses another one. */
  readonly requestDriver?: StorageDriver
  readonly projectId?: string
}

/** An engine, with requests of one project. */
export class EngineFixture {
  readonly driver: StorageDriver
  readonly requestDriver: StorageDriver
  readonly engine: Engine
  readonly projectId: string
  readonly backgroundErrors: unknown[] = []
  /** The storage cost of the last request. */
  cost = { requests: 0, depth: 0 }

  constructor(options: FixtureOptions = {}) {
    const { driver = new WornDriver(), projectId = 'project' } = options
    const { requestDriver = driver, ...engineOptions } = options
    this.driver = driver
    this.requestDriver = requestDriver
    this.projectId = projectId
    this.engine = new Engine({
      ...engineOptions,
      driver,
      onBackgroundError: (error) => this.backgroundErrors.push(error),
    })
  }

  async run<Command, Result>(
    operation: Operation<Command, Result>,
    command: Command,
    milliseconds = REQUEST_MS,
  ): Promise<Result> {
    const storage = new CountedStorage(this.requestDriver)
    const deadline = performance.now() + milliseconds
    const context = { storage, deadline, projectId: this.projectId, work: UNSHARED }
    try {
      return await operation.run(this.engine, command, context)
    } finally {
      this.cost = { requests: storage.requests, depth: storage.depth }
    }
  }

  create(table: string, parts: Partial<CreateTable> = {}): Promise<TableDefinition> {
    return this.run(createTable, { ...HASH_AND_RANGE, ...parts, table })
  }

  async get(table: string, key: Item): Promise<Item | undefined> {
    const found = await this.run(getItem, { table, key, consistentRead: true })
    return found.item && readItem(found.item.json)
  }

  close(): Promise<void> {
    return this.engine.close()
  }
}

type Table = Omit<CreateTable, 'table'>

function tableOf(attributes: Record<string, ScalarType>, range?: string): Table {
  const attributeTypes = new Map(Object.entries(attributes))
  const key = { hash: 'h', ...(range !== undefined && { range }) }
  return { attributeTypes, key, localSecondaryIndexes: [], settings: {} }
}

const HASH_AND_RANGE = tableOf({ h: 'S', r: 'N' }, 'r')
export const HASH_ONLY = tableOf({ h: 'S' })

/** A local index `by-RANGE` of a table with the hash key `h`. */
export function localIndex(range: string, projection: Projection) {
  return { name: `by-${range}`, hash: 'h', range, projection }
}

/** A table with the key `h`, `r` and three indexes: of text with ALL, of numbers with KEYS_ONLY,
 * and of binaries with INCLUDE. */
export const WITH_INDEXES: Table = {
  ...tableOf({ h: 'S', r: 'N', text: 'S', number: 'N', binary: 'B' }, 'r'),
  localSecondaryIndexes: [
    localIndex('text', { type: 'ALL' }),
    localIndex('number', { type: 'KEYS_ONLY' }),
    localIndex('binary', { type: 'INCLUDE', nonKeyAttributes: ['extra', 'text'] }),
  ],
}

export const INDEX_NAMES = WITH_INDEXES.localSecondaryIndexes.map(({ name }) => name)

/** Whether the table is a tenant's, not one of the service's own. */
export function isOfTenant(table: TableId): boolean {
  return table.subarray(0, -1).some((byte) => byte !== 0)
}

/** The code with which a request fails, or `ok`. */
export async function outcomeOf(request: Promise<unknown>): Promise<string> {
  try {
    await request
    return 'ok'
  } catch (error) {
    if (error instanceof MagnetoDBError) return error.code
    throw error
  }
}
