import type { AttributeType, AttributeValue, ScalarType } from './attribute-value.ts'
import type { NumberFault } from './number.ts'
import type { TableStatus } from './table.ts'

/** A union of reasons: one per name, all with the same fields. */
type Of<Is extends string, Fields = unknown> = Is extends string
  ? Readonly<{ is: Is } & Fields>
  : never

/**
 * All reasons why a request fails, as data without sentences. Each wire maps every reason to a
 * sentence and a status; a new reason does not compile until all wires do.
 */
export type Reason =
  | InvalidReason
  | CallerReason
  | AvailabilityReason
  | Of<'route_not_found' | 'content_encoding_unsupported'>
  | Of<'method_not_allowed', { method: string }>
  | Of<'body_too_slow' | 'caller_gone'>
  | Of<'body_too_large', { bytesMax: number }>
  | Of<'table_not_found' | 'table_exists' | 'table_protected', { table: string }>
  | Of<'condition_failed'>
  | Of<'too_many_tables', { tablesMax: number }>
  | Of<'rate_exceeded', { perSecond: number; retryAfterSeconds: number }>
  | Of<'add_operand_type'>
  | Of<'update_operand_type' | 'update_operand_missing' | 'update_path_invalid', { name: string }>
  | Of<'sum_out_of_range', { name: string; fault: NumberFault }>
  | Of<'internal'>

/** The request is wrong, or does not fit the table. */
export type InvalidReason =
  | Of<'url_malformed' | 'host_malformed' | 'body_not_as_encoded'>
  /** `unfilled`: the placeholder that a client sent instead of a name, such as `%s`. */
  | Of<'path_malformed', { unfilled?: string | undefined }>
  | Of<'header_repeated', { name: string }>
  | Of<'json_empty' | 'json_null' | 'json_key_repeated' | 'json_lone_surrogate' | 'json_not_utf8'>
  | Of<'json_malformed', { detail: string }>
  | Of<'json_too_deep', { levelsMax: number }>
  | Of<'json_too_many_parts', { partsMax: number }>
  | Of<'json_string_too_long', { bytesMax: number }>
  | Of<'json_too_many_names', { namesMax: number }>
  | Of<'json_too_many_long_numbers', { numbersMax: number; digitsMax: number }>
  /** With a sentence of the wire that refuses it: see dialect/invalid-request.ts. */
  | Of<'invalid_request', { message: string }>
  | Of<'table_not_active', { table: string; status: TableStatus }>
  | Of<'index_not_found', { table: string; index: string }>
  | Of<'key_missing', { names: readonly string[] }>
  | Of<'key_mismatch', { found: readonly string[]; expected: readonly string[] }>
  /** `index`: the first index with this range key; undefined if the table's key has it. */
  | Of<'key_empty', { name: string; type: ScalarType; index: string | undefined }>
  | Of<'key_updated', { name: string }>
  | Of<'key_too_long', { name: string; bytesMax: number }>
  | Of<'key_repeated', { table: string; key: readonly AttributeValue[] }>
  | Of<'hash_condition_unequal', { name: string }>
  | KeyConditionsMismatch
  | AttributeTypeReason
  | Of<'item_too_large' | 'item_json_too_large', { bytesMax: number }>
  | Of<'item_too_deep', { levelsMax: number }>
  | Of<'too_many_tags', { tagsMax: number }>

type AttributeTypeReason = Of<
  'attribute_type',
  {
    name: string
    found: AttributeType
    expected: AttributeType
    /** As in `key_empty`. Also undefined if the attribute is in no key. */
    index: string | undefined
  }
>

export type KeyConditionsMismatch = Of<
  'key_conditions_mismatch',
  {
    conditions: readonly { name: string; op: string }[]
    /** The table's key attributes. */
    key: readonly { name: string; type: AttributeType | undefined }[]
  }
>

/** The caller is unknown or not allowed. */
type CallerReason =
  | Of<'unauthenticated' | 'scope_missing' | 'other_project' | 'not_permitted'>
  /** Only without authentication. */
  | Of<'not_user_project' | 'not_loopback'>

/** Overload, or a service that this one needs is unreachable. */
type AvailabilityReason =
  | Of<'too_many_connections' | 'too_many_requests' | 'too_many_project_requests'>
  | Of<'too_many_bodies' | 'too_many_item_writes' | 'service_ending'>
  | Of<'identity_unavailable' | 'storage_unavailable'>
  /** `table_unreadable`: a newer version of the service has written the definition. */
  | Of<'table_changing' | 'table_replaced' | 'table_unreadable', { table: string }>
  /** The write may or may not have been applied. If it is `underWay`, it may also be applied later,
   * and overwrite newer data. */
  | Of<'write_outcome_unknown', { underWay: boolean }>
  /** The write was applied to a table that may be deleted by now. */
  | Of<'table_outcome_unknown'>
