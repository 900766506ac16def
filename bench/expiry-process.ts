/** A process that writes items with a time to live, and then sweeps at a time at which all have
 * expired. */
import { Engine } from '../src/engine/engine.ts'
import type { AttributeValue } from '../src/model/attribute-value.ts'
import { putItem } from '../src/operations/items/put-item.ts'
import { openDriver, type StorageOptions } from '../src/storage/registry.ts'
import { UNSHARED } from '../test/engine/unshared.ts'

export interface ExpiryTask {
  readonly storage: StorageOptions
  readonly table: string
  readonly items: number
}

export interface ExpiryNews {
  /** Number of deleted items of the table. */
  readonly deleted: number
  readonly errors: number
  /** CPU time of the sweep, in microseconds. */
  readonly cpu: number
}

const WRITERS = 64
const LATER_MS = 10 * 60_000

const task = JSON.parse(process.argv[2] ?? '') as ExpiryTask & { readonly first: number }
const driver = await openDriver(task.storage)
let deleted = 0
let errors = 0
let swept = { user: 0, system: 0 }
const { commit, engineTime } = driver
driver.commit = async (table, partition, request, deadline) => {
  const result = await commit.call(driver, table, partition, request, deadline)
  const isOwn = table.subarray(0, -1).some((byte) => byte !== 0)
  if (isOwn && result.outcome === 'applied') deleted += request.delete.length
  return result
}

process.on('message', (what) => void act(what as 'write' | 'sweep' | 'end'))
process.on('disconnect', () => process.exit())
process.send?.('ready')

async function act(what: 'write' | 'sweep' | 'end'): Promise<void> {
  if (what === 'write') await write()
  if (what === 'sweep') sweep()
  if (what === 'sweep') return
  const { user, system } = process.cpuUsage(swept)
  process.send?.({ deleted, errors, cpu: user + system } satisfies ExpiryNews)
}

async function write(): Promise<void> {
  const engine = new Engine({ driver })
  await engine.jobs.close()
  let next = task.first
  const end = task.first + task.items
  const writer = async (): Promise<void> => {
    while (next < end) {
      const text: AttributeValue = { type: 'S', value: `${next++}` }
      const item = new Map([['h', text]])
      const { table } = task
      const put = { table, item, returnValues: 'NONE', timeToLiveSeconds: 60 } as const
      const deadline = performance.now() + 30_000
      await putItem.run(engine, put, {
        storage: driver,
        projectId: 'bench',
        deadline,
        work: UNSHARED,
      })
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
  await engine.close()
}

/** Sweeps with clocks, of this machine and of the engine, that are set ahead. */
function sweep(): void {
  if (engineTime) {
    driver.engineTime = async (deadline) => LATER_MS + (await engineTime.call(driver, deadline))
  }
  swept = process.cpuUsage()
  new Engine({
    driver,
    now: () => Date.now() + LATER_MS,
    onBackgroundError: () => errors++,
  })
}
