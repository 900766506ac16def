import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { HttpClient } from './http-client.ts'
import { type Load, startLoad } from './lanes.ts'

const ITEMS = 20
const PAUSE_MS = 15
const TABLE = {
  table_name: 'canary',
  attribute_definitions: [{ attribute_name: 'id', attribute_type: 'S' }],
  key_schema: [{ attribute_name: 'id', key_type: 'HASH' }],
}

const UNAVAILABLE = 503

export interface CanaryReads {
  readonly reads: number
  readonly wrong: number
  readonly shed: number
  readonly p99Ms: number
}

/** A table in a project of its own that is read all the time, and must stay as it is. */
export class Canary {
  readonly #client: HttpClient
  readonly #latencies: number[] = []
  #wrong = 0
  #shed = 0
  #load: Load | undefined

  constructor(url: string, projectId = 'canary') {
    this.#client = new HttpClient(url, { token: `tester:${projectId}`, projectId })
  }

  async start(): Promise<void> {
    await this.#client.done('tables', TABLE)
    for (let i = 0; i < ITEMS; i++) await this.#client.done('tables/canary/put_item', itemOf(i))
    let next = 0
    this.#load = startLoad([this.#client], async () => {
      const i = next++ % ITEMS
      const { item } = itemOf(i)
      const since = performance.now()
      const reply = await this.#client.post('tables/canary/get_item', { key: { id: item.id } })
      this.#latencies.push(performance.now() - since)
      const isSame =
        reply.kind === 'answered' && JSON.stringify(reply.body) === JSON.stringify({ item })
      if (reply.kind === 'answered' && reply.status === UNAVAILABLE) this.#shed++
      else if (!isSame) this.#wrong++
      await delay(PAUSE_MS)
      return true
    })
  }

  /** `shed` reads were refused for want of room, `wrong` ones answered otherwise or not at all. */
  async end(): Promise<CanaryReads> {
    await this.#load?.end()
    this.#client.close()
    this.#latencies.sort((a, b) => a - b)
    const p99 = this.#latencies[Math.floor(0.99 * this.#latencies.length)] ?? 0
    const { length: reads } = this.#latencies
    return { reads, wrong: this.#wrong, shed: this.#shed, p99Ms: Math.round(p99) }
  }
}

function itemOf(i: number) {
  return { item: { id: { S: `item-${i}` }, text: { S: `text of ${i}` } } }
}

/** Memory that the processes hold. */
export function residentMegabytes(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    const [, size = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(size)
  })
  return Math.round(kilobytes.reduce((sum, size) => sum + size, 0) / 1024)
}
