/** A process that makes the requests its parent asks for, and holds them where they touch items. */

import { CATALOGUE_REVISION_TABLE_ID } from '../../src/engine/format/system-tables.ts'
import { openDriver, type StorageOptions } from '../../src/storage/registry.ts'
import { EngineFixture, isOfTenant } from '../engine/engine-fixture.ts'
import { faulty } from '../storage/faulty-driver.ts'
import { type Asked, outcomeOfRequest } from './stopped-caller.ts'

const HELD = ['get', 'slice', 'commit']
const storage = await openDriver(JSON.parse(process.argv[2] ?? '') as StorageOptions)
let gate: Promise<void> = Promise.resolve()
let open = () => {}
let isHolding = false

const driver = faulty(storage, ({ method, table }) => {
  // Once requests are held, reads of the catalogue's revision are never answered.
  if (isHolding && method === 'get' && table.equals(CATALOGUE_REVISION_TABLE_ID)) {
    return { fault: 'held', until: new Promise(() => {}) }
  }
  if (!HELD.includes(method) || !isOfTenant(table)) return undefined
  process.send?.({ held: true })
  return { fault: 'held', until: gate }
})
const fixture = new EngineFixture({ driver })
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
