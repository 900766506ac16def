import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as assert from 'uvu/assert'
import { bulkLoad, OLD_ITEMS_AT_ONCE_MAX } from '../../../src/operations/batches/bulk-load.ts'
import { describeTable } from '../../../src/operations/tables/describe-table.ts'
import type { Row, StorageDriver } from '../../../src/storage/driver.ts'
import { EngineFixture, WITH_INDEXES } from '../../engine/engine-fixture.ts'
import { item } from '../../engine/short-items.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'

/** In a table with indexes, each write reads the item that it replaces, which may be large. */

const LINES = 1000
const COLLECTED_WITHIN_MS = 30_000

const test = suite('old items')

/** A driver that watches the calls of one table. */
class Watched {
  readonly fixture: EngineFixture
  readonly driver: StorageDriver
  tableId = Buffer.alloc(0)
  onRead: (rows: readonly (Row | null)[]) => readonly (Row | null)[] = (rows) => rows
  beforeCommit: () => Promise<void> = async () => {}
  onCommitted: (rows: number) => void = () => {}

  constructor() {
    const memory = new WornDriver()
    this.driver = Object.assign(new WornDriver(), {
      get: async (...call: Parameters<StorageDriver['get']>) => {
        const row = await memory.get(...call)
        return this.#isWatched(call[0]) ? (this.onRead([row])[0] ?? null) : row
      },
      getMany: async (...call: Parameters<StorageDriver['getMany']>) => {
        const rows = await memory.getMany(...call)
        return this.#isWatched(call[0]) ? this.onRead(rows) : rows
      },
      slice: memory.slice.bind(memory),
      scan: memory.scan.bind(memory),
      purge: memory.purge.bind(memory),
      versionNow: memory.versionNow.bind(memory),
      commit: async (...call: Parameters<StorageDriver['commit']>) => {
        if (!this.#isWatched(call[0])) return memory.commit(...call)
        await this.beforeCommit()
        const result = await memory.commit(...call)
        this.onCommitted(call[2].require.length)
        return result
      },
    })
    this.fixture = new EngineFixture({ driver: this.driver })
  }

  async create(): Promise<void> {
    await this.fixture.create('indexed', WITH_INDEXES)
    const { id } = await this.fixture.run(describeTable, { table: 'indexed' })
    this.tableId = Buffer.from(id.replaceAll('-', ''), 'hex')
  }

  #isWatched(table: Buffer): boolean {
    return table.equals(this.tableId)
  }

  async load(partitions: number, count = LINES): Promise<number> {
    const lines = Array.from({ length: count }, (_, r) => ({
      bytes: 1,
      text: () => '',
      decode: () => item({ h: `h${r % partitions}`, r, number: r }),
    }))
    const chunks = (async function* () {
      yield lines
    })()
    const command = { table: 'indexed', lines: chunks, onProgress() {} }
    const { processed } = await this.fixture.run(bulkLoad, command)
    return processed
  }
}

for (const partitions of [1, 7, 300, LINES]) {
  test(`a load over ${partitions} partitions holds a bounded number of old items`, async () => {
    const watched = new Watched()
    await watched.create()
    let held = 0
    let heldMax = 0
    watched.onRead = (rows) => {
      held += rows.length
      heldMax = Math.max(heldMax, held)
      return rows
    }
    watched.beforeCommit = () => new Promise(setImmediate)
    watched.onCommitted = (rows) => {
      held -= rows
    }
    assert.is(await watched.load(partitions), LINES)
    assert.is(held, 0)
    assert.ok(heldMax <= OLD_ITEMS_AT_ONCE_MAX, `${heldMax} at once`)
    assert.ok(heldMax > OLD_ITEMS_AT_ONCE_MAX / 2, `only ${heldMax} at once`)
    await watched.fixture.close()
  })
}

test('old items are released before the commit', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const watched = new Watched()
  await watched.create()
  assert.is(await watched.load(1, 3), 3)
  const read: WeakRef<ArrayBufferLike>[] = []
  watched.onRead = (rows) =>
    rows.map((row) => {
      if (!row) return row
      const whole = Buffer.from(new ArrayBuffer(row.version.length + row.value.length))
      const version = whole.subarray(0, row.version.length)
      const value = whole.subarray(row.version.length)
      row.version.copy(version)
      row.value.copy(value)
      read.push(new WeakRef(whole.buffer))
      return { ...row, version, value }
    })
  let isHeld = true
  watched.beforeCommit = async () => {
    for (const end = performance.now() + COLLECTED_WITHIN_MS; isHeld && performance.now() < end; ) {
      await new Promise(setImmediate)
      collect()
      isHeld = read.some((one) => one.deref() !== undefined)
    }
  }
  assert.is(await watched.load(1, 3), 3)
  assert.is(read.length, 3)
  assert.not(isHeld)
  await watched.fixture.close()
})

test.run()
