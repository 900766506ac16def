import { type Event, faultsOf } from '../../engine/swap-history.ts'
import type { Seeded } from '../../seeded.ts'
import { below } from '../../support/at-once.ts'
import { type HttpClient, type Json, outcomeOf } from '../../support/http-client.ts'
import { hashTable } from '../written-item.ts'

const TABLE = 'registers'
const FIRST = 0
/** The value of a register whose item was lost. */
const ABSENT = -1

/** One request and what became of it. */
export interface Asked {
  /** When it was sent, and how long it took, in milliseconds. */
  readonly at: number
  readonly ms: number
  readonly operation: 'get_item' | 'put_item' | 'update_item'
  /** 0 if there was no response. */
  readonly status: number
  readonly retryAfter: boolean
}

/** Creates the table and its registers. */
export async function createRegisters(client: HttpClient, count: number) {
  await client.done('tables', hashTable(TABLE, 'key'))
  const registers = below(count).map((n) => new Register(`register-${n}`))
  for (const register of registers) await register.create(client)
  return registers
}

/** An item that many clients read and conditionally write at once, with the history of their
 * operations. */
export class Register {
  readonly events: Event[] = []
  readonly asked: Asked[] = []
  readonly #key: Json
  #clock = 0
  #latest = FIRST
  /** The value that a client has read or written last. */
  #seen = FIRST

  constructor(name: string) {
    this.#key = { key: { S: name } }
  }

  async create(client: HttpClient): Promise<void> {
    await client.done(`tables/${TABLE}/put_item`, {
      item: { ...this.#key, value: numberOf(FIRST) },
    })
  }

  /** A strong read, or a swap of the value seen last, half of each. Returns whether it was
   * answered. */
  use(client: HttpClient, random: Seeded): Promise<boolean> {
    return random.below(2) === 0 ? this.#read(client) : this.#swap(client, random)
  }

  async #read(client: HttpClient): Promise<boolean> {
    const start = ++this.#clock
    const reply = await this.#ask(client, 'get_item', this.#strongRead)
    if (reply.status === 0 || reply.status === 503) return false
    if (reply.status !== 200) throw new Error(`a read was answered ${JSON.stringify(reply)}`)
    this.#seen = storedValue(reply.body)
    this.events.push({ kind: 'read', start, end: ++this.#clock, value: this.#seen })
    return true
  }

  async #swap(client: HttpClient, random: Seeded): Promise<boolean> {
    const [from, to] = [this.#seen, ++this.#latest]
    const start = ++this.#clock
    const expected = { value: { value: numberOf(from) } }
    const value = numberOf(to)
    const updates = { key: this.#key, attribute_updates: { value: { action: 'PUT', value } } }
    const reply = await (random.below(2) === 0
      ? this.#ask(client, 'put_item', { item: { ...this.#key, value }, expected })
      : this.#ask(client, 'update_item', { ...updates, expected }))
    const outcome = outcomeOf(reply)
    this.events.push({ kind: 'swap', start, end: ++this.#clock, from, to, outcome })
    if (outcome === 'ok') this.#seen = to
    return outcome === 'ok' || outcome === 'failed'
  }

  async #ask(client: HttpClient, operation: Asked['operation'], body: Json) {
    const at = performance.now()
    const reply = await client.post(`tables/${TABLE}/${operation}`, body)
    const { status, headers } = reply
    const retryAfter = headers['retry-after'] !== undefined
    this.asked.push({ at, ms: performance.now() - at, operation, status, retryAfter })
    return reply
  }

  get #strongRead(): Json {
    return { key: this.#key, consistent_read: true }
  }

  /** Violations of linearizability, from the history and a last read after the load. */
  async faults(client: HttpClient): Promise<readonly string[]> {
    const body = await client.done(`tables/${TABLE}/get_item`, this.#strongRead)
    return faultsOf(this.events, FIRST, storedValue(body))
  }
}

function numberOf(value: number): Json {
  return { N: `${value}` }
}

function storedValue(body: Json): number {
  return Number(Object(Object(body.item).value).N ?? ABSENT)
}
