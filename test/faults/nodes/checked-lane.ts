import type { Seeded } from '../../seeded.ts'
import { type HttpClient, type Json, outcomeOf, type Reply } from '../../support/http-client.ts'
import {
  GET,
  PUT,
  type Version,
  versionOf,
  writtenAttributes,
  writtenKey,
} from '../written-item.ts'

const KEYS = 20

/** One request of a lane, and its result. */
export interface Asked {
  /** When it was sent, and how long it took, in milliseconds. */
  readonly at: number
  readonly ms: number
  readonly kind: 'read' | 'write'
  readonly ok: boolean
  /** 0 if there was no response. */
  readonly status: number
  readonly retryAfter: boolean
}

/**
 * Strong reads and conditional writes, half of each, of items that no other lane writes. So the
 * lane knows which responses are right. After a write with an unknown outcome, its item is only
 * read.
 */
export class CheckedLane {
  readonly asked: Asked[] = []
  readonly wrong: string[] = []
  readonly #name: string
  readonly #client: HttpClient
  readonly #random: Seeded
  readonly #possible = new Map<string, readonly Version[]>()
  #latest = 0
  #keys = 0

  constructor(name: string, client: HttpClient, random: Seeded) {
    this.#name = name
    this.#client = client
    this.#random = random
    for (let i = 0; i < KEYS; i++) this.#addKey()
  }

  /** Resolves with whether the request has succeeded. */
  step(): Promise<boolean> {
    return this.#random.below(2) === 0
      ? this.#read(this.#random.pick([...this.#possible.keys()]))
      : this.#write(this.#random.pick(this.#settled()))
  }

  /** Reads each item once. Call this while the service answers. */
  async readAll(): Promise<void> {
    for (const key of this.#possible.keys()) {
      if (!(await this.#read(key)))
        this.wrong.push(`${this.#name}/${key} is not answered at the end`)
    }
  }

  async #read(key: string): Promise<boolean> {
    const body = { key: writtenKey(this.#name, key), consistent_read: true }
    const reply = await this.#ask('read', GET, body)
    if (reply.status === 0 || reply.status === 503) return false
    if (reply.status !== 200) throw new Error(`a read was answered ${JSON.stringify(reply)}`)
    const { item } = reply.body
    const version = item === undefined ? null : versionOf(Object(item))
    const possible = this.#possible.get(key) ?? []
    if (version === undefined || !possible.includes(version)) {
      this.wrong.push(`${this.#name}/${key}: read ${version}, not ${possible.join(' or ')}`)
    }
    return true
  }

  async #write(key: string): Promise<boolean> {
    const [known = null] = this.#possible.get(key) ?? []
    const version = ++this.#latest
    const item = { ...writtenKey(this.#name, key), ...writtenAttributes(this.#name, key, version) }
    const expected =
      known === null ? { key: { exists: false } } : { version: { value: { N: `${known}` } } }
    const reply = await this.#ask('write', PUT, { item, expected })
    const outcome = outcomeOf(reply)
    if (outcome === 'ok') this.#possible.set(key, [version])
    if (outcome === 'failed')
      this.wrong.push(`${this.#name}/${key} is not ${known}, a write is told`)
    if (outcome === 'unknown') {
      this.#possible.set(key, [known, version])
      this.#addKey()
    }
    return outcome === 'ok'
  }

  async #ask(kind: 'read' | 'write', path: string, body: Json): Promise<Reply> {
    const at = performance.now()
    const reply = await this.#client.post(path, body)
    const ms = performance.now() - at
    const { status, headers } = reply
    const retryAfter = headers['retry-after'] !== undefined
    this.asked.push({ at, ms, kind, ok: status === 200, status, retryAfter })
    return reply
  }

  #addKey(): void {
    this.#possible.set(`key-${this.#keys++}`, [null])
  }

  #settled(): string[] {
    return [...this.#possible].filter(([, { length }]) => length === 1).map(([key]) => key)
  }
}
