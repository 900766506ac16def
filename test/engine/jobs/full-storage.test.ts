import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { EXPIRY_TABLE_ID, tableIdOf } from '../../../src/engine/format/system-tables.ts'
import { expiryPartition, minuteOf } from '../../../src/engine/jobs/expiry-journal.ts'
import type { TableDefinition } from '../../../src/model/table.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { listTables } from '../../../src/operations/tables/list-tables.ts'
import { StorageUnavailableError } from '../../../src/storage/driver.ts'
import { LmdbDriver } from '../../../src/storage/lmdb/driver.ts'
import { TableFixture } from '../../storage/contract/table-fixture.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'
import { EngineFixture, HASH_ONLY } from '../engine-fixture.ts'
import { item } from '../short-items.ts'

/** The minimum of the option. */
const MAP_SIZE_BYTES = 16 * 1024 * 1024
const TIMES = {
  leaseMs: 10_000,
  marginMs: 2_000,
  renewalMs: 20,
  turnMs: 10_000,
  pollMs: 10,
  failurePauseMaxMs: 20,
}
const ITEMS = 200
/** A second before the next minute is closed, so that the sweep rests for a second. */
const START_SECONDS = 1_700_000_039
const LIFE_SECONDS = 60
const WRITERS = 16
const ITEM_LENGTH_MAX = 100_000

/** An LMDB that a tenant fills with items as large as there is room for. */
class FullStorage {
  fixture: EngineFixture
  readonly driver: LmdbDriver
  readonly #clock = { seconds: START_SECONDS }
  readonly #path: string
  #writing: Promise<unknown> | undefined
  #open = true
  written = 0
  /** Refused writes since the last successful one. */
  refused = 0

  constructor(driver: LmdbDriver, path: string) {
    this.driver = driver
    this.#path = path
    this.fixture = this.#start()
  }

  #start(): EngineFixture {
    const now = () => this.#clock.seconds * 1_000
    return new EngineFixture({ driver: this.driver, now, jobTimes: TIMES })
  }

  static async open(): Promise<FullStorage> {
    const path = await mkdtemp(join(tmpdir(), 'magnetodb-full-'))
    const driver = new LmdbDriver({ path, mapSizeBytes: MAP_SIZE_BYTES })
    await driver.open()
    return new FullStorage(driver, path)
  }

  /** Creates a table with items of the size of a page or more. */
  async create(table: string, timeToLiveSeconds?: number): Promise<TableDefinition> {
    const definition = await this.fixture.create(table, HASH_ONLY)
    const life = timeToLiveSeconds === undefined ? {} : { timeToLiveSeconds }
    const puts = Array.from({ length: ITEMS }, (_, i) => this.#put(table, `${i}`, 10_000, life))
    await Promise.all(puts)
    return definition
  }

  /** Resolves when there is no room for an item of any size. */
  async fill(): Promise<void> {
    await this.fixture.create('filling', HASH_ONLY)
    const writers = Array.from({ length: WRITERS }, (_, i) => this.#write(`${i}`))
    this.#writing = Promise.all(writers)
    await until('it is full', () => this.refused > 10 * WRITERS)
  }

  async #write(writer: string): Promise<void> {
    let length = ITEM_LENGTH_MAX
    for (let i = 0; this.#open; i++) {
      try {
        await this.#put('filling', `${writer} ${i}`, length)
        length = Math.min(length * 4, ITEM_LENGTH_MAX)
        this.written++
        this.refused = 0
      } catch (error) {
        if (!(error instanceof StorageUnavailableError)) throw error
        length = Math.ceil(length / 4)
        this.refused++
        await delay(10)
      }
    }
  }

  async #put(table: string, h: string, length: number, life = {}): Promise<void> {
    const put = { item: item({ h, text: 'x'.repeat(length) }), returnValues: 'NONE' } as const
    await this.fixture.run(putItem, { table, ...put, ...life })
  }

  /** Restarts the engine after some seconds. A new engine sweeps at once. */
  async restartAfter(seconds: number): Promise<void> {
    await this.fixture.close()
    this.#clock.seconds += seconds
    this.fixture = this.#start()
  }

  async isEmpty(definition: TableDefinition): Promise<boolean> {
    const budget = { rows: 1, bytes: 1 }
    const { rows } = await new TableFixture(this.driver, tableIdOf(definition)).scan({ budget })
    return rows.length === 0
  }

  async close(): Promise<void> {
    this.#open = false
    await this.#writing
    await this.fixture.close()
    await this.driver.close()
    await rm(this.#path, { recursive: true })
  }
}

const test = suite('full storage')

function testOfFull(what: string, run: (full: FullStorage) => Promise<void>): void {
  test(what, async () => {
    const full = await FullStorage.open()
    try {
      await run(full)
    } finally {
      await full.close()
    }
  })
}

testOfFull(
  'on a full storage a table can be deleted, which makes room for writes',
  async (full) => {
    await full.create('large')
    await full.fill()
    const before = full.written
    await full.fixture.run(deleteTable, { table: 'large' })
    await until('the table is gone', async () => {
      const { tables } = await full.fixture.run(listTables, { limit: 10 })
      return !tables.includes('large')
    })
    await until('others write again', () => full.written > before + 10)
  },
)

testOfFull('on a full storage items expire, which makes room for writes', async (full) => {
  const expiring = await full.create('expiring', LIFE_SECONDS)
  await full.fill()
  assert.not(await full.isEmpty(expiring))
  const before = full.written
  await full.restartAfter(10 * LIFE_SECONDS)
  await until('all have gone', () => full.isEmpty(expiring))
  await until('others write again', () => full.written > before + 10)
})

testOfFull('on a full storage an item that cannot be deleted is postponed', async (full) => {
  const journal = new TableFixture(full.driver, EXPIRY_TABLE_ID)
  const now = expiryPartition(1, minuteOf(START_SECONDS * 1_000))
  const unreadable = { sort: Buffer.alloc(32, 1), value: Buffer.from('{') }
  await full.driver.append(EXPIRY_TABLE_ID, now, [unreadable], performance.now() + 30_000)
  await full.fill()
  await full.restartAfter(10 * LIFE_SECONDS)
  await until('its entry is gone', async () => (await journal.rows(now)).length === 0)
  assert.is((await journal.scanAll()).length, 1, 'and there is another')
})

testOfFull('on a full storage CreateTable does not use the reserve', async (full) => {
  await full.fill()
  const error = await full.fixture.create('another').catch((reason: unknown) => reason)
  assert.instance(error, StorageUnavailableError)
})

test.run()
