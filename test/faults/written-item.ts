import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Json } from './http-client.ts'

/** What a lane has written, or nothing. */
export type Version = number | null

export const WRITTEN_TABLE = 'written'
export const WRITTEN_INDEX = 'by_rank'
const FILLER_LENGTH_MAX = 2_000

export const WRITTEN_TABLE_BODY: Json = {
  table_name: WRITTEN_TABLE,
  attribute_definitions: [
    { attribute_name: 'lane', attribute_type: 'S' },
    { attribute_name: 'key', attribute_type: 'S' },
    { attribute_name: 'rank', attribute_type: 'N' },
  ],
  key_schema: [
    { attribute_name: 'lane', key_type: 'HASH' },
    { attribute_name: 'key', key_type: 'RANGE' },
  ],
  local_secondary_indexes: [
    {
      index_name: WRITTEN_INDEX,
      key_schema: [
        { attribute_name: 'lane', key_type: 'HASH' },
        { attribute_name: 'rank', key_type: 'RANGE' },
      ],
      projection: { projection_type: 'ALL' },
    },
  ],
}

export function writtenKey(lane: string, key: string): Json {
  return { lane: { S: lane }, key: { S: key } }
}

/** Everything beside the key follows from the key and the version: one torn or mixed with another
 * is found by looking at it alone. */
export function writtenAttributes(lane: string, key: string, version: number): Json {
  const digest = createHash('sha256').update(`${lane} ${key} ${version}`).digest()
  const length = digest.readUInt32BE() % FILLER_LENGTH_MAX
  return {
    version: { N: `${version}` },
    rank: { N: `${digest.readUInt32BE(4)}` },
    filler: { S: digest.toString('hex').repeat(length / 64 + 1) },
  }
}

/** The version of an item as it was read, or undefined when no write has ever made it so. */
export function versionOf(item: Json): number | undefined {
  const lane = stringOf(item.lane)
  const key = stringOf(item.key)
  const version = Number(Object.values(Object(item.version))[0])
  const whole = { ...writtenKey(lane, key), ...writtenAttributes(lane, key, version) }
  return isDeepStrictEqual(item, whole) ? version : undefined
}

/** Of an attribute of type S. */
export function stringOf(value: unknown): string {
  return String(Object(value).S)
}
