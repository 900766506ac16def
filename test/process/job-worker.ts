/** A process that works on a storage's jobs and asks its parent before each purge. */
import { setTimeout as delay } from 'node:timers/promises'
import { Engine } from '../../src/engine/engine.ts'
import { openDriver, type StorageOptions } from '../../src/storage/registry.ts'
import { JOB_TIMES, type PurgeNews } from './jobs-of-processes.ts'

/** In this time other processes look for jobs. */
const STEP_MS = 2 * JOB_TIMES.pollMs

const driver = await openDriver(JSON.parse(process.argv[2] ?? '') as StorageOptions)
const purge = driver.purge.bind(driver)
const waiting = new Map<number, () => void>()
let steps = 0
driver.purge = async (tableId, from, deadline) => {
  const table = tableId.toString('hex')
  const step = steps++
  const allowed = new Promise<void>((resolve) => waiting.set(step, resolve))
  tell({ table, step, begun: machineMs() })
  try {
    await allowed
    await delay(STEP_MS)
    return await purge(tableId, from, deadline)
  } finally {
    tell({ table, step, ended: machineMs() })
  }
}
new Engine({ driver, jobTimes: JOB_TIMES })
process.on('message', (step: number) => waiting.get(step)?.())
process.on('disconnect', () => process.exit())
process.send?.('ready')

function tell(news: PurgeNews): void {
  process.send?.(news)
}

/** All processes of a machine share this clock. */
function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
