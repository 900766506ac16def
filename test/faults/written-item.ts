import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { below } from '../support/at-once.ts'
import type { HttpClient, Json } from '../support/http-client.ts'

/** The version that a lane has written; null if there is no item. */
export type Version = number | null

export const WRITTEN_TABLE = 'written'
export const WRITTEN_INDEX = 'by_rank'
export const PUT = `tables/${WRITTEN_TABLE}/put_item`
export const GET = `tables/${WRITTEN_TABLE}/get_item`
/** Puts per request. */
const BATCH = 25
const FILLER_LENGTH_MAX = 2_000

const hashed = (range: string) => [
  { attribute_name: 'lane', key_type: 'HASH' },
  { attribute_name: range, key_type: 'RANGE' },
]
const projection = { projection_type: 'ALL' }
export const WRITTEN_TABLE_BODY: Json = {
  table_name: WRITTEN_TABLE,
  attribute_definitions: Object.entries({ lane: 'S', key: 'S', rank: 'N' }).map(
    ([attribute_name, attribute_type]) => ({ attribute_name, attribute_type }),
  ),
  key_schema: hashed('key'),
  local_secondary_indexes: [{ index_name: WRITTEN_INDEX, key_schema: hashed('rank'), projection }],
}

/** A table with a hash key of text alone. */
export function hashTable(table_name: string, attribute_name: string): Json {
  const attribute_definitions = [{ attribute_name, attribute_type: 'S' }]
  const key_schema = [{ attribute_name, key_type: 'HASH' }]
  return { table_name, attribute_definitions, key_schema }
}

/** A condition of a query or a filter. */
export function equal(text: string): Json {
  return { attribute_value_list: [{ S: text }], comparison_operator: 'EQ' }
}

/** Creates the table, and puts small items into one partition. */
export async function fillPartition(client: HttpClient, lane: string, items: number) {
  await client.done('tables', WRITTEN_TABLE_BODY)
  for (let first = 0; first < items; first += BATCH) {
    const puts = below(BATCH).map((n) => ({
      put_request: { item: { ...writtenKey(lane, `key-${first + n}`), rank: { N: '1' } } },
    }))
    await client.done('batch_write_item', { request_items: { [WRITTEN_TABLE]: puts } })
  }
}

/** All items of the partition, by strong reads. */
export async function itemsOf(client: HttpClient, lane: string, more: Json = {}) {
  const items: Json[] = []
  const asked = { key_conditions: { lane: equal(lane) }, consistent_read: true, ...more }
  for (let exclusive_start_key: unknown = null; ; ) {
    const body = { ...asked, exclusive_start_key }
    const page: Json = await client.done(`tables/${WRITTEN_TABLE}/query`, body)
    if (Array.isArray(page.items)) items.push(...page.items)
    exclusive_start_key = page.last_evaluated_key
    if (!exclusive_start_key) return items
  }
}

export function writtenKey(lane: string, key: string): Json {
  return { lane: { S: lane }, key: { S: key } }
}

/** All attributes follow from the key and the version, so that a torn or mixed item can be
 * recognized. */
export function writtenAttributes(lane: string, key: string, version: number): Json {
  const digest = createHash('sha256').update(`${lane} ${key} ${version}`).digest()
  const length = digest.readUInt32BE() % FILLER_LENGTH_MAX
  return {
    version: { N: `${version}` },
    rank: { N: `${digest.readUInt32BE(4)}` },
    filler: { S: digest.toString('hex').repeat(length / 64 + 1) },
  }
}

/** The version of an item that was read; undefined if no write can have made it. */
export function versionOf(item: Json): number | undefined {
  const lane = stringOf(item.lane)
  const key = stringOf(item.key)
  const version = Number(Object.values(Object(item.version))[0])
  const whole = { ...writtenKey(lane, key), ...writtenAttributes(lane, key, version) }
  return isDeepStrictEqual(item, whole) ? version : undefined
}

/** The text of an attribute of type S. */
export function stringOf(value: unknown): string {
  return String(Object(value).S)
}
