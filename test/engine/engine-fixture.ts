import { Engine, type EngineOptions } from '../../src/engine/engine.ts'
import type { Item } from '../../src/model/attribute-value.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import type { TableDefinition } from '../../src/model/table.ts'
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
    try {
      return await operation.run(this.engine, command, {
        storage,
        deadline,
        projectId: this.projectId,
        work: UNSHARED,
      })
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

const HASH_AND_RANGE: Omit<CreateTable, 'table'> = {
  attributeTypes: new Map([
    ['h', 'S'],
    ['r', 'N'],
  ]),
  key: { hash: 'h', range: 'r' },
  localSecondaryIndexes: [],
  settings: {},
}

export const HASH_ONLY: Omit<CreateTable, 'table'> = {
  attributeTypes: new Map([['h', 'S']]),
  key: { hash: 'h' },
  localSecondaryIndexes: [],
  settings: {},
}

/** A table with the key `h`, `r` and three indexes: of text with ALL, of numbers with KEYS_ONLY,
 * and of binaries with INCLUDE. */
export const WITH_INDEXES: Omit<CreateTable, 'table'> = {
  attributeTypes: new Map([
    ['h', 'S'],
    ['r', 'N'],
    ['text', 'S'],
    ['number', 'N'],
    ['binary', 'B'],
  ]),
  key: { hash: 'h', range: 'r' },
  localSecondaryIndexes: [
    { name: 'by-text', hash: 'h', range: 'text', projection: { type: 'ALL' } },
    { name: 'by-number', hash: 'h', range: 'number', projection: { type: 'KEYS_ONLY' } },
    {
      name: 'by-binary',
      hash: 'h',
      range: 'binary',
      projection: { type: 'INCLUDE', nonKeyAttributes: ['extra', 'text'] },
    },
  ],
  settings: {},
}

export const INDEX_NAMES: readonly string[] = ['by-text', 'by-number', 'by-binary']

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
