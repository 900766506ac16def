import { type Event, faultsOf, type SwapOutcome } from '../../engine/swap-history.ts'
import type { Seeded } from '../../seeded.ts'
import { type HttpClient, type Json, outcomeOf } from '../../support/http-client.ts'

export const REGISTERS_TABLE = 'registers'

const FIRST = 0
/** The value of a register whose item was lost. */
const ABSENT = -1
const READ_PATH = `tables/${REGISTERS_TABLE}/get_item`

/** An item that many clients read and conditionally write at once, with the history of their
 * operations. */
export class Register {
  readonly events: Event[] = []
  readonly #key: Json
  #clock = 0
  #latest = FIRST

  constructor(name: string) {
    this.#key = { key: { S: name } }
  }

  async create(client: HttpClient): Promise<void> {
    const item = { ...this.#key, value: { N: `${FIRST}` } }
    await client.done(`tables/${REGISTERS_TABLE}/put_item`, { item })
  }

  /** A strong read and, if it succeeds, a swap of the value. Returns whether both were answered. */
  async readAndSwap(client: HttpClient, random: Seeded): Promise<boolean> {
    const start = ++this.#clock
    const reply = await client.post(READ_PATH, { key: this.#key, consistent_read: true })
    if (reply.status === 0 || reply.status === 503) return false
    if (reply.status !== 200) throw new Error(`a read was answered ${JSON.stringify(reply)}`)
    const value = storedValue(reply.body)
    this.events.push({ kind: 'read', start, end: ++this.#clock, value })
    if (value === ABSENT) return true
    const outcome = await this.#swap(client, value, random)
    return outcome === 'ok' || outcome === 'failed'
  }

  async #swap(client: HttpClient, from: number, random: Seeded): Promise<SwapOutcome> {
    const to = ++this.#latest
    const start = ++this.#clock
    const expected = { value: { value: { N: `${from}` } } }
    const value = { N: `${to}` }
    const update = { key: this.#key, attribute_updates: { value: { action: 'PUT', value } } }
    const [operation, asked] =
      random.below(2) === 0
        ? ['put_item', { item: { ...this.#key, value } }]
        : ['update_item', update]
    const path = `tables/${REGISTERS_TABLE}/${operation}`
    const outcome = outcomeOf(await client.post(path, { ...asked, expected }))
    this.events.push({ kind: 'swap', start, end: ++this.#clock, from, to, outcome })
    return outcome
  }

  /** Violations of linearizability, from the history and a last read after the load. */
  async faults(client: HttpClient): Promise<readonly string[]> {
    const body = await client.done(READ_PATH, { key: this.#key, consistent_read: true })
    return faultsOf(this.events, FIRST, storedValue(body))
  }
}

function storedValue(body: Json): number {
  return Number(Object(Object(body.item).value).N ?? ABSENT)
}

/** Number of the registers' events by kind. */
export function countEvents(registers: readonly Register[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { operations: 0 }
  for (const event of registers.flatMap(({ events }) => events)) {
    const name = event.kind === 'read' ? 'reads' : event.outcome
    counts[name] = (counts[name] ?? 0) + 1
    counts.operations = (counts.operations ?? 0) + 1
  }
  return counts
}
