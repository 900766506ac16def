import { isDeepStrictEqual } from 'node:util'
import type { Seeded } from '../seeded.ts'
import { type HttpClient, type Json, outcomeOf, type WriteOutcome } from '../support/http-client.ts'
import type { Service } from '../support/service.ts'
import {
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
const COUNTS_TABLE_BODY: Json = {
  table_name: COUNTS_TABLE,
  attribute_definitions: [{ attribute_name: 'lane', attribute_type: 'S' }],
  key_schema: [{ attribute_name: 'lane', key_type: 'HASH' }],
}

/** Opens lanes, each with its own client, and creates the tables that they write to. */
export async function openLanes(
  service: Service,
  count: number,
  random: Seeded,
): Promise<readonly WritingLane[]> {
  const client = service.client()
  await client.done('tables', WRITTEN_TABLE_BODY)
  await client.done('tables', COUNTS_TABLE_BODY)
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

/**
 * Puts, updates, deletes and batches, one after another, on a partition that no other lane writes.
 * So the lane knows the one version that each key must show. After a write with an unknown outcome,
 * a key may show either of two versions. It is not written again until `verify` has read it.
 */
export class WritingLane {
  acknowledged = 0
  unknown = 0
  readonly #name: string
  readonly #client: HttpClient
  readonly #random: Seeded
  readonly #settled = new Map<string, Version>()
  readonly #unsettled = new Map<string, readonly Version[]>()
  readonly #count = { acknowledged: 0, unknown: 0 }
  #latest = 0
  #keys = 0

  constructor(name: string, client: HttpClient, random: Seeded) {
    this.#name = name
    this.#client = client
    this.#random = random
  }

  /** Sends one random write. Resolves with whether it was answered. */
  async write(): Promise<boolean> {
    const choice = this.#random.below(10)
    if (choice < 3) return this.#put()
    if (choice < 6) return this.#update()
    if (choice < 7) return this.#delete()
    return choice < 9 ? this.#batch() : this.#addOne()
  }

  async #put(): Promise<boolean> {
    const key = this.#pick()
    const [version, item] = this.#next(key)
    const outcome = await this.#sendEither(
      [PUT, { item }],
      ['dynamodb:PutItem', { TableName: WRITTEN_TABLE, Item: item }],
    )
    return this.#note(outcome, [[key, version]])
  }

  async #update(): Promise<boolean> {
    const key = this.#pick()
    const version = ++this.#latest
    const attributes = writtenAttributes(this.#name, key, version)
    const put = ([name, value]: [string, unknown]) => [name, { action: 'PUT', value }]
    const itsKey = writtenKey(this.#name, key)
    const attribute_updates = Object.fromEntries(Object.entries(attributes).map(put))
    const outcome = await this.#sendEither(
      [`tables/${WRITTEN_TABLE}/update_item`, { key: itsKey, attribute_updates }],
      ['dynamodb:UpdateItem', { TableName: WRITTEN_TABLE, Key: itsKey, ...setting(attributes) }],
    )
    return this.#note(outcome, [[key, version]])
  }

  async #delete(): Promise<boolean> {
    const key = this.#pick()
    const itsKey = writtenKey(this.#name, key)
    const outcome = await this.#sendEither(
      [`tables/${WRITTEN_TABLE}/delete_item`, { key: itsKey }],
      ['dynamodb:DeleteItem', { TableName: WRITTEN_TABLE, Key: itsKey }],
    )
    return this.#note(outcome, [[key, null]])
  }

  async #batch(): Promise<boolean> {
    const writes = new Map<string, Version>()
    const requests: Json[] = []
    while (writes.size < BATCH_KEYS) {
      const key = this.#pick()
      if (writes.has(key)) continue
      const [version, item] = this.#next(key)
      const isDelete = this.#random.below(4) === 0
      writes.set(key, isDelete ? null : version)
      requests.push(
        isDelete
          ? { delete_request: { key: writtenKey(this.#name, key) } }
          : { put_request: { item } },
      )
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
    const attribute_updates = { count: { action: 'ADD', value: { N: '1' } } }
    const outcome = await this.#sendEither(
      [`tables/${COUNTS_TABLE}/update_item`, { key, attribute_updates }],
      ['dynamodb:UpdateItem', { TableName: COUNTS_TABLE, Key: key, ...ADD_ONE }],
    )
    if (outcome === 'ok') this.#count.acknowledged++
    if (outcome === 'unknown') this.#count.unknown++
    return this.#note(outcome, [])
  }

  /** Sends the same write through v1's API or DynamoDB's. */
  async #sendEither(...ways: readonly (readonly [path: string, body: Json])[]) {
    const [path, body] = this.#random.pick(ways)
    return outcomeOf(await this.#client.post(path, body))
  }

  #note(outcome: WriteOutcome, writes: readonly (readonly [string, Version])[]): boolean {
    if (outcome === 'failed') throw new Error('an unconditional write failed its condition')
    if (outcome === 'ok') this.acknowledged++
    if (outcome === 'unknown') this.unknown++
    for (const [key, version] of writes) {
      if (outcome === 'ok') this.#settled.set(key, version)
      if (outcome !== 'unknown') continue
      this.#unsettled.set(key, [this.#settled.get(key) ?? null, version])
      this.#settled.delete(key)
    }
    return outcome === 'ok'
  }

  #next(key: string): readonly [number, Json] {
    const version = ++this.#latest
    const attributes = writtenAttributes(this.#name, key, version)
    return [version, { ...writtenKey(this.#name, key), ...attributes }]
  }

  /** A key whose version is known, or a new key while there are too few. */
  #pick(): string {
    if (this.#settled.size >= LIVE_KEYS) return this.#random.pick([...this.#settled.keys()])
    return `key-${this.#keys++}`
  }

  /** Compares the versions with strong reads while nobody writes. Returns the faults. */
  async verify(): Promise<readonly string[]> {
    const items = await this.#query({})
    const indexed = await this.#query({ index_name: WRITTEN_INDEX })
    const faults = [...this.#compare(items), ...(await this.#compareCount())]
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
    const known = new Map<string, readonly Version[]>(this.#unsettled)
    for (const [key, version] of this.#settled) known.set(key, [version])
    for (const key of found.keys()) if (!known.has(key)) known.set(key, [null])
    for (const [key, versions] of known) {
      const version = found.get(key) ?? null
      if (!versions.includes(version)) {
        faults.push(`${this.#name} ${key}: ${versions.join(' or ')} was written, not ${version}`)
      }
      this.#settled.set(key, version)
    }
    this.#unsettled.clear()
    return faults
  }

  async #compareCount(): Promise<string[]> {
    const { acknowledged, unknown } = this.#count
    const body = { key: { lane: { S: this.#name } }, consistent_read: true }
    const { item } = await this.#client.done(`tables/${COUNTS_TABLE}/get_item`, body)
    const counted = Number(Object(Object(item).count).N ?? 0)
    this.#count.acknowledged = counted
    this.#count.unknown = 0
    if (counted >= acknowledged && counted <= acknowledged + unknown) return []
    return [`${this.#name}: counted ${counted} of ${acknowledged}, and ${unknown} unknown`]
  }

  async #query(more: Json): Promise<readonly Json[]> {
    const items: Json[] = []
    let from: unknown = null
    do {
      const page: Json = await this.#client.done(`tables/${WRITTEN_TABLE}/query`, {
        key_conditions: {
          lane: { attribute_value_list: [{ S: this.#name }], comparison_operator: 'EQ' },
        },
        consistent_read: true,
        exclusive_start_key: from,
        ...more,
      })
      if (Array.isArray(page.items)) items.push(...page.items)
      from = page.last_evaluated_key ?? null
    } while (from !== null)
    return items
  }
}

/** In the form that users of boto3 write. */
const ADD_ONE: Json = {
  UpdateExpression: 'ADD #count :one',
  ExpressionAttributeNames: { '#count': 'count' },
  ExpressionAttributeValues: { ':one': { N: '1' } },
}

function setting(attributes: Json): Json {
  const names = Object.keys(attributes)
  return {
    UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(
      names.map((name) => [`:${name}`, attributes[name]]),
    ),
  }
}

const WHOLE_BATCH = { unprocessed_items: {} }

function byKey(items: readonly Json[]): ReadonlyMap<string, Json> {
  return new Map(items.map((item) => [stringOf(item.key), item]))
}
