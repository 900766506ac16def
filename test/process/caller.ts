/** A process that makes the requests its parent asks for, and holds them where they touch items. */

import { CATALOGUE_REVISION_TABLE_ID } from '../../src/engine/format/system-tables.ts'
import { openDriver, type StorageOptions } from '../../src/storage/registry.ts'
import { EngineFixture } from '../engine/engine-fixture.ts'
import { type Asked, outcomeOfRequest } from './stopped-caller.ts'

const driver = await openDriver(JSON.parse(process.argv[2] ?? '') as StorageOptions)
let gate: Promise<void> = Promise.resolve()
let open = () => {}
let isHolding = false

/** Holds calls on items. The ids of system tables are mostly zeros. */
async function pass(table: Buffer): Promise<void> {
  if (table.subarray(0, 8).equals(Buffer.alloc(8))) return
  process.send?.({ held: true })
  await gate
}

/** Once requests are held, reads of the catalogue's revision are never answered. */
const { get } = driver
driver.get = (table, ...rest) => {
  if (isHolding && table.equals(CATALOGUE_REVISION_TABLE_ID)) return new Promise(() => {})
  return get.call(driver, table, ...rest)
}

const requestDriver = new Proxy(driver, {
  get(target, name) {
    const own: unknown = Reflect.get(target, name)
    if (typeof own !== 'function') return own
    if (!['get', 'slice', 'commit'].includes(String(name))) return own.bind(target)
    return async (...call: [Buffer, ...unknown[]]) => {
      await pass(call[0])
      return own.apply(target, call)
    }
  },
})
const fixture = new EngineFixture({ driver, requestDriver })
// The jobs are left to the parent, which stops this process.
await fixture.engine.jobs.close()

process.on('message', async (message: Asked | 'hold' | 'go') => {
  if (message === 'go') return open()
  if (message === 'hold') {
    isHolding = true
    gate = new Promise((resolve) => {
      open = resolve
    })
    return
  }
  process.send?.({ id: message.id, outcome: await outcomeOfRequest(fixture, message) })
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
