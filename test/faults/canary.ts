import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { p99 } from '../support/quantile.ts'
import type { Service } from '../support/service.ts'
import { startLoad } from './lanes.ts'

const ITEMS = 20
const PAUSE_MS = 15
const TABLE = {
  table_name: 'canary',
  attribute_definitions: [{ attribute_name: 'id', attribute_type: 'S' }],
  key_schema: [{ attribute_name: 'id', key_type: 'HASH' }],
}

/** Starts to read a table of another project continuously. Nothing may change that table. */
export async function startCanary(service: Service, projectId = 'canary') {
  const client = service.client({ token: `tester:${projectId}`, projectId })
  await client.done('tables', TABLE)
  for (let i = 0; i < ITEMS; i++) await client.done('tables/canary/put_item', itemOf(i))
  const latencies: number[] = []
  let [wrong, shed] = [0, 0]
  const load = startLoad([client], async () => {
    const { item } = itemOf(latencies.length % ITEMS)
    const since = performance.now()
    const { status, body } = await client.post('tables/canary/get_item', { key: { id: item.id } })
    latencies.push(performance.now() - since)
    if (status === 503) shed++
    else if (!isDeepStrictEqual(body, { item })) wrong++
    await delay(PAUSE_MS)
    return true
  })
  /** `shed` counts reads refused because of overload, `wrong` those with another answer or none. */
  return async () => {
    await load.end()
    client.close()
    return { reads: latencies.length, wrong, shed, p99Ms: p99(latencies) }
  }
}

function itemOf(i: number) {
  return { item: { id: { S: `item-${i}` }, text: { S: `text of ${i}` } } }
}

/** Resident memory of the processes. */
export function residentMegabytes(pids: readonly number[]): number {
  return Math.round(megabytesOf('VmRSS', pids))
}

/** @param field of /proc/PID/status, in kB, summed over the processes */
export function megabytesOf(field: 'RssAnon' | 'VmRSS', pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0)
  })
  return kilobytes.reduce((sum, size) => sum + size, 0) / 1024
}
