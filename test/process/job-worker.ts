/** A process that works on the jobs of a storage; tells its parent of its steps that purge. */
import { setTimeout as delay } from 'node:timers/promises'
import { createEngine } from '../../src/engine/engine.ts'
import { openDriver, type StorageOptions } from '../../src/storage/registry.ts'
import { JOB_TIMES, type PurgeNews } from './jobs-of-processes.ts'

/** The first purge of a table is slow, so that a signal meets it; the others somewhat. */
const FIRST_MS = 500
const LATER_MS = 20

const driver = await openDriver(JSON.parse(process.argv[2] ?? '') as StorageOptions)
const purge = driver.purge.bind(driver)
const seen = new Set<string>()
let steps = 0
driver.purge = async (tableId, deadline) => {
  const table = tableId.toString('hex')
  const step = steps++
  tell({ table, step, begun: machineMs() })
  await delay(seen.has(table) ? LATER_MS : FIRST_MS)
  seen.add(table)
  try {
    return await purge(tableId, deadline)
  } finally {
    tell({ table, step, ended: machineMs() })
  }
}
createEngine({ driver, jobTimes: JOB_TIMES })
process.on('disconnect', () => process.exit())
process.send?.('ready')

function tell(news: PurgeNews): void {
  process.send?.(news)
}

/** The same clock in all processes of a machine. */
function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
