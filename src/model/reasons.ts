import type { AttributeType, AttributeValue, ScalarType } from './attribute-value.ts'
import type { NumberFault } from './number.ts'
import type { TableStatus } from './table.ts'

/** One reason for each of these names, all with the same fields. */
type Of<Is extends string, Fields = unknown> = Is extends string
  ? Readonly<{ is: Is } & Fields>
  : never

/**
 * Every reason why a request fails, in facts instead of words. Each wire has a sentence and a
 * status for all of them, so a new reason does not compile until every wire knows it.
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

/** The request is wrong, and stays so whenever it is sent. */
export type InvalidReason =
  | Of<'url_malformed' | 'host_malformed' | 'body_not_as_encoded'>
  /** `unfilled`: what a client's code has for a name that it did not fill in. */
  | Of<'path_malformed', { unfilled?: string | undefined }>
  | Of<'header_repeated', { name: string }>
  | Of<'json_empty' | 'json_null' | 'json_key_repeated' | 'json_lone_surrogate' | 'json_not_utf8'>
  | Of<'json_malformed', { detail: string }>
  | Of<'json_too_deep', { levelsMax: number }>
  | Of<'json_too_many_parts', { partsMax: number }>
  | Of<'json_string_too_long', { bytesMax: number }>
  | Of<'json_too_many_names', { namesMax: number }>
  | Of<'json_too_many_long_numbers', { numbersMax: number; digitsMax: number }>
  /** In the words of the wire that refuses it: see dialect/invalid-request.ts. */
  | Of<'invalid_request', { message: string }>
  | Of<'table_not_active', { table: string; status: TableStatus }>
  | Of<'index_not_found', { table: string; index: string }>
  | Of<'key_missing', { names: readonly string[] }>
  | Of<'key_mismatch', { found: readonly string[]; expected: readonly string[] }>
  /** `index`: the first one that has it for its range key; none for the table's own. */
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
    /** As of an empty key; none for what is no key, either. */
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

/** About who calls, and what they may do. */
type CallerReason =
  | Of<'unauthenticated' | 'scope_missing' | 'other_project' | 'not_permitted'>
  /** Only without authentication. */
  | Of<'not_user_project' | 'not_loopback'>

/** Too much at once, or something that the service needs does not answer. */
type AvailabilityReason =
  | Of<'too_many_connections' | 'too_many_requests' | 'too_many_project_requests'>
  | Of<'too_many_bodies' | 'too_many_item_writes' | 'service_ending'>
  | Of<'identity_unavailable' | 'storage_unavailable'>
  /** `table_unreadable`: its definition is of a version that this process does not know. */
  | Of<'table_changing' | 'table_replaced' | 'table_unreadable', { table: string }>
  /** May or may not have been done. While it is `underWay` it may also be done later, over what
   * others have written by then. */
  | Of<'write_outcome_unknown', { underWay: boolean }>
  /** Was done on a table that may be gone. */
  | Of<'table_outcome_unknown'>
