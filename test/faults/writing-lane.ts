import { isDeepStrictEqual } from 'node:util'
import type { Seeded } from '../seeded.ts'
import { type HttpClient, type Json, outcomeOf, type WriteOutcome } from '../support/http-client.ts'
import type { Service } from '../support/service.ts'
import { violated } from './figure.ts'
import {
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
const SET_ATTRIBUTES = {
  UpdateExpression: 'SET #version = :version, #rank = :rank, #filler = :filler',
  ExpressionAttributeNames: { '#version': 'version', '#rank': 'rank', '#filler': 'filler' },
}
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

type Writes = readonly (readonly [key: string, version: Version])[]

/**
 * Requests about one partition that nobody else writes, one after the other, and what may be found
 * there: of most keys one version. A key whose write had an unknown outcome may show either of two,
 * and is not written again until `verify` has settled which.
 */
export class WritingLane {
  acknowledged = 0
  unknown = 0
  readonly #name: string
  readonly #countKey: Json
  readonly #client: HttpClient
  readonly #random: Seeded
  readonly #possible = new Map<string, readonly Version[]>()
  /** The least and the most that its counter may show. */
  #countMin = 0
  #countMax = 0
  #latest = 0
  #keys = 0

  constructor(name: string, client: HttpClient, random: Seeded) {
    this.#name = name
    this.#countKey = { lane: { S: name } }
    this.#client = client
    this.#random = random
  }

  /** One random put, update, delete, batch or addition: updates and deletes by DynamoDB's API, the
   * others by v1's. Whether the service has answered it. */
  async write(): Promise<boolean> {
    const choice = this.#random.below(10)
    if (choice === 9) return this.#addOne()
    if (choice > 6) return this.#batch()
    const key = this.#pick()
    const own = writtenKey(this.#name, key)
    if (choice === 6) {
      const body = { TableName: WRITTEN_TABLE, Key: own }
      const reply = await this.#client.post('dynamodb:DeleteItem', body)
      return this.#note(outcomeOf(reply), [[key, null]])
    }
    const [version, attributes] = this.#next(key)
    const reply = await (choice < 3
      ? this.#client.post(PUT, { item: { ...own, ...attributes } })
      : this.#client.post('dynamodb:UpdateItem', {
          ...{ TableName: WRITTEN_TABLE, Key: own, ...SET_ATTRIBUTES },
          ExpressionAttributeValues: Object.fromEntries(
            Object.entries(attributes).map(([name, value]) => [`:${name}`, value]),
          ),
        }))
    return this.#note(outcomeOf(reply), [[key, version]])
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
    const attribute_updates = { count: { action: 'ADD', value: { N: '1' } } }
    const body = { key: this.#countKey, attribute_updates }
    const outcome = outcomeOf(await this.#client.post(`tables/${COUNTS_TABLE}/update_item`, body))
    if (outcome === 'ok') this.#countMin++
    if (outcome !== 'unavailable') this.#countMax++
    return this.#note(outcome, [])
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
    return [
      ...this.#compare(items),
      ...(await this.#compareCount()),
      ...violated({
        [`${this.#name}: ${items.length} items, and other ${indexed.length} in the index`]:
          !isDeepStrictEqual(byKey(items), byKey(indexed)),
      }),
    ]
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
    const [least, most] = [this.#countMin, this.#countMax]
    const body = { key: this.#countKey, consistent_read: true }
    const { item } = await this.#client.done(`tables/${COUNTS_TABLE}/get_item`, body)
    const counted = Number(Object(Object(item).count).N ?? 0)
    this.#countMin = counted
    this.#countMax = counted
    const fault = `${this.#name}: counted ${counted}, not ${least} to ${most}`
    return violated({ [fault]: counted < least || counted > most })
  }
}

function byKey(items: readonly Json[]): ReadonlyMap<string, Json> {
  return new Map(items.map((item) => [stringOf(item.key), item]))
}
