import { isDeepStrictEqual } from 'node:util'
import type { Seeded } from '../seeded.ts'
import { type HttpClient, type Json, outcomeOf, type WriteOutcome } from '../support/http-client.ts'
import type { Service } from '../support/service.ts'
import {
  GET,
  hashTable,
  itemsOf,
  PUT,
  stringOf,
  type Version,
  versionOf,
  WRITTEN_INDEX,
  WRITTEN_TABLE,
  WRITTEN_TABLE_BODY,
  writtenAttributes,
  writtenKey,
} from './written-item.ts'

const LIVE_KEYS = 12
const BATCH_KEYS = 4
const COUNTS_TABLE = 'counts'
/** Of v1's API and of DynamoDB's. */
const OPERATIONS = { delete_item: 'DeleteItem', put_item: 'PutItem', update_item: 'UpdateItem' }
const WHOLE_BATCH = { unprocessed_items: {} }

/** Opens lanes, each with its own client, and creates the tables that they write to. */
export async function openLanes(
  service: Service,
  count: number,
  random: Seeded,
): Promise<readonly WritingLane[]> {
  const client = service.client()
  await client.done('tables', WRITTEN_TABLE_BODY)
  await client.done('tables', hashTable(COUNTS_TABLE, 'lane'))
  return service.clients(count).map((own, i) => new WritingLane(`lane-${i}`, own, random))
}

/** The lanes' faults, and the number of their writes. */
export async function verified(lanes: readonly WritingLane[]) {
  const sum = (what: 'acknowledged' | 'unknown') =>
    lanes.reduce((total, lane) => total + lane[what], 0)
  const faults: string[] = []
  for (const lane of lanes) faults.push(...(await lane.verify()))
  return { faults, acknowledged: sum('acknowledged'), unknown: sum('unknown') }
}

/** One request of a lane's `check` and what became of it. */
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

type Writes = readonly (readonly [key: string, version: Version])[]

/**
 * Requests about one partition that nobody else writes, one after the other, and what may be found
 * there: of most keys one version. A key whose write had an unknown outcome may show either of two,
 * and is not written again until `verify` has settled which.
 */
export class WritingLane {
  acknowledged = 0
  unknown = 0
  /** By `check`. */
  readonly asked: Asked[] = []
  readonly #name: string
  readonly #client: HttpClient
  readonly #random: Seeded
  readonly #possible = new Map<string, readonly Version[]>()
  readonly #count = { acknowledged: 0, unknown: 0 }
  readonly #wrong: string[] = []
  #latest = 0
  #keys = 0

  constructor(name: string, client: HttpClient, random: Seeded) {
    this.#name = name
    this.#client = client
    this.#random = random
  }

  /** One random put, update, delete, batch or addition. Whether the service has answered it. */
  async write(): Promise<boolean> {
    const choice = this.#random.below(10)
    if (choice === 9) return this.#addOne()
    if (choice > 6) return this.#batch()
    const key = this.#pick()
    const Key = writtenKey(this.#name, key)
    if (choice === 6) {
      const outcome = await this.#sendEither(WRITTEN_TABLE, 'delete_item', { key: Key }, { Key })
      return this.#note(outcome, [[key, null]])
    }
    const [version, attributes] = this.#next(key)
    const item = { ...Key, ...attributes }
    const outcome = await (choice < 3
      ? this.#sendEither(WRITTEN_TABLE, 'put_item', { item }, { Item: item })
      : this.#update(WRITTEN_TABLE, Key, 'PUT', attributes))
    return this.#note(outcome, [[key, version]])
  }

  /** A strong read or a conditional put, half of each. Whether it was answered with success. */
  check(): Promise<boolean> {
    const known = [...this.#possible.keys()]
    return known.length > 0 && this.#random.below(2) === 0
      ? this.#read(this.#random.pick(known))
      : this.#swap(this.#pick())
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
      this.#wrong.push(`${this.#name}/${key}: read ${version}, not ${possible.join(' or ')}`)
    }
    return true
  }

  async #swap(key: string): Promise<boolean> {
    const [known = null] = this.#possible.get(key) ?? []
    const [version, attributes] = this.#next(key)
    const item = { ...writtenKey(this.#name, key), ...attributes }
    const expected =
      known === null ? { key: { exists: false } } : { version: { value: { N: `${known}` } } }
    const outcome = outcomeOf(await this.#ask('write', PUT, { item, expected }))
    if (outcome !== 'failed') return this.#note(outcome, [[key, version]])
    this.#wrong.push(`${this.#name}/${key} is not ${known}, a write is told`)
    return false
  }

  async #ask(kind: Asked['kind'], path: string, body: Json) {
    const at = performance.now()
    const reply = await this.#client.post(path, body)
    const ms = performance.now() - at
    const { status, headers } = reply
    const retryAfter = headers['retry-after'] !== undefined
    this.asked.push({ at, ms, kind, ok: status === 200, status, retryAfter })
    return reply
  }

  async #batch(): Promise<boolean> {
    const writes = new Map<string, Version>()
    const requests: Json[] = []
    while (writes.size < BATCH_KEYS) {
      const key = this.#pick()
      if (writes.has(key)) continue
      const own = writtenKey(this.#name, key)
      const [version, attributes] = this.#next(key)
      const isDelete = this.#random.below(4) === 0
      writes.set(key, isDelete ? null : version)
      const put_request = { item: { ...own, ...attributes } }
      requests.push(isDelete ? { delete_request: { key: own } } : { put_request })
    }
    const body = { request_items: { [WRITTEN_TABLE]: requests } }
    const reply = await this.#client.post('batch_write_item', body)
    let outcome = outcomeOf(reply)
    // Which writes are unprocessed does not matter here. A batch that failed may also have been
    // applied in part.
    if (!reply.isRefused && !isDeepStrictEqual(reply.body, WHOLE_BATCH)) outcome = 'unknown'
    return this.#note(outcome, [...writes])
  }

  async #addOne(): Promise<boolean> {
    const key = { lane: { S: this.#name } }
    const outcome = await this.#update(COUNTS_TABLE, key, 'ADD', { count: { N: '1' } })
    if (outcome === 'ok') this.#count.acknowledged++
    if (outcome === 'unknown') this.#count.unknown++
    return this.#note(outcome, [])
  }

  #update(table: string, key: Json, action: 'ADD' | 'PUT', attributes: Json) {
    const changes = Object.entries(attributes)
    const updates = changes.map(([name, value]) => [name, { action, value }])
    const attribute_updates = Object.fromEntries(updates)
    /** In the form that users of boto3 write. */
    const terms = changes.map(([name]) => `#${name} ${action === 'PUT' ? '= ' : ''}:${name}`)
    return this.#sendEither(
      table,
      'update_item',
      { key, attribute_updates },
      {
        Key: key,
        UpdateExpression: `${action === 'PUT' ? 'SET' : 'ADD'} ${terms.join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(changes.map(([name]) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          changes.map(([name, value]) => [`:${name}`, value]),
        ),
      },
    )
  }

  /** Sends the same write through v1's API or DynamoDB's. */
  async #sendEither(table: string, operation: keyof typeof OPERATIONS, body: Json, other: Json) {
    const path = `tables/${table}/${operation}`
    const reply = await (this.#random.below(2) === 0
      ? this.#client.post(path, body)
      : this.#client.post(`dynamodb:${OPERATIONS[operation]}`, { TableName: table, ...other }))
    return outcomeOf(reply)
  }

  #note(outcome: WriteOutcome, writes: Writes): boolean {
    if (outcome === 'failed') throw new Error('an unconditional write failed its condition')
    if (outcome === 'ok') this.acknowledged++
    if (outcome === 'unknown') this.unknown++
    for (const [key, version] of writes) {
      const before = this.#possible.get(key) ?? [null]
      if (outcome === 'ok') this.#possible.set(key, [version])
      if (outcome === 'unknown') this.#possible.set(key, [...before, version])
    }
    return outcome === 'ok'
  }

  #next(key: string): readonly [version: number, attributes: Json] {
    const version = ++this.#latest
    return [version, writtenAttributes(this.#name, key, version)]
  }

  /** A key whose version is known, or a new key while there are too few. */
  #pick(): string {
    const settled = [...this.#possible].filter(([, { length }]) => length === 1)
    return settled.length < LIVE_KEYS ? `key-${this.#keys++}` : this.#random.pick(settled)[0]
  }

  /** Compares the versions with strong reads while nobody writes. Returns the faults. */
  async verify(): Promise<readonly string[]> {
    const items = await itemsOf(this.#client, this.#name)
    const indexed = await itemsOf(this.#client, this.#name, { index_name: WRITTEN_INDEX })
    const faults = [...this.#wrong.splice(0), ...this.#compare(items)]
    faults.push(...(await this.#compareCount()))
    if (!isDeepStrictEqual(byKey(items), byKey(indexed))) {
      faults.push(`${this.#name}: ${items.length} items, and other ${indexed.length} in the index`)
    }
    return faults
  }

  #compare(items: readonly Json[]): string[] {
    const faults: string[] = []
    const found = new Map<string, Version>()
    for (const item of items) {
      const version = versionOf(item)
      if (version === undefined) faults.push(`torn: ${JSON.stringify(item).slice(0, 300)}`)
      else found.set(stringOf(item.key), version)
    }
    for (const key of new Set([...this.#possible.keys(), ...found.keys()])) {
      const versions = this.#possible.get(key) ?? [null]
      const version = found.get(key) ?? null
      if (!versions.includes(version)) {
        faults.push(`${this.#name} ${key}: ${versions.join(' or ')} was written, not ${version}`)
      }
      this.#possible.set(key, [version])
    }
    return faults
  }

  async #compareCount(): Promise<string[]> {
    const { acknowledged, unknown } = this.#count
    const body = { key: { lane: { S: this.#name } }, consistent_read: true }
    const { item } = await this.#client.done(`tables/${COUNTS_TABLE}/get_item`, body)
    const counted = Number(Object(Object(item).count).N ?? 0)
    Object.assign(this.#count, { acknowledged: counted, unknown: 0 })
    if (counted >= acknowledged && counted <= acknowledged + unknown) return []
    return [`${this.#name}: counted ${counted} of ${acknowledged}, and ${unknown} unknown`]
  }
}

function byKey(items: readonly Json[]): ReadonlyMap<string, Json> {
  return new Map(items.map((item) => [stringOf(item.key), item]))
}
