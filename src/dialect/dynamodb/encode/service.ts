import type { ListTagsResult } from '../../../operations/tables/list-tags.ts'
import type { WireRequest } from '../../wire.ts'

/** Capacity units of an account and of a table: DynamoDB's own defaults. Nothing is enforced. */
const ACCOUNT_UNITS_MAX = 80_000
const TABLE_UNITS_MAX = 40_000
/** Minutes for which a client may cache the endpoint's address. */
const CACHE_MINUTES = 1440

export function encodeLimits(): string {
  return JSON.stringify({
    AccountMaxReadCapacityUnits: ACCOUNT_UNITS_MAX,
    AccountMaxWriteCapacityUnits: ACCOUNT_UNITS_MAX,
    TableMaxReadCapacityUnits: TABLE_UNITS_MAX,
    TableMaxWriteCapacityUnits: TABLE_UNITS_MAX,
  })
}

/** The address that the client used. */
export function encodeEndpoints(_result: unknown, { baseUrl }: WireRequest): string {
  const Address = baseUrl.replace(/^https?:\/\//, '')
  return JSON.stringify({ Endpoints: [{ Address, CachePeriodInMinutes: CACHE_MINUTES }] })
}

export function encodeTags({ tags }: ListTagsResult): string {
  return JSON.stringify({ Tags: Array.from(tags, ([Key, Value]) => ({ Key, Value })) })
}
