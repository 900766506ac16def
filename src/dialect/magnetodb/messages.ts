import {
  NUMBER_DIGITS_MAX,
  NUMBER_EXPONENT_MAX,
  NUMBER_EXPONENT_MIN,
  NUMBER_TEXT_LENGTH_MAX,
} from '../../model/limits.ts'
import type { NumberFault } from '../../model/number.ts'
import type { KeyConditionsMismatch, Reason } from '../../model/reasons.ts'
import { writeValue } from '../../model/typed-json.ts'
import { escapeInvisible } from '../../telemetry/invisible.ts'
import { shortened } from './shortened.ts'

const NUMBER_RANGE =
  `a number's magnitude is from 1E${NUMBER_EXPONENT_MIN} to 9.99E+${NUMBER_EXPONENT_MAX}` as const

export const NUMBER_MESSAGES = {
  length: `a number has at most ${NUMBER_TEXT_LENGTH_MAX} characters`,
  format: 'not a decimal number',
  digits: `a number has at most ${NUMBER_DIGITS_MAX} significant digits`,
  overflow: NUMBER_RANGE,
  underflow: NUMBER_RANGE,
} as const satisfies Record<NumberFault, string>

const MESSAGES = {
  invalid_request: ({ message }) => message,
  url_malformed: () => 'The URL is malformed',
  path_malformed: ({ unfilled }) =>
    unfilled === undefined
      ? 'The path holds characters that no name may have'
      : `The path holds '${unfilled}' where a name should be: the client did not fill it in`,
  host_malformed: () => 'The Host header is not a host name or address',
  header_repeated: ({ name }) => `The header ${name} is there more than once`,
  body_not_as_encoded: () => 'The request body is not in the encoding of its Content-Encoding',
  content_encoding_unsupported: () => 'Request bodies with a Content-Encoding are not supported',
  route_not_found: () => 'The resource could not be found.',
  method_not_allowed: ({ method }) => `The method ${method} is not allowed here`,
  body_too_slow: () => 'The request body is too slow',
  caller_gone: () => 'The caller is gone',
  body_too_large: ({ bytesMax }) => `The request body exceeds ${bytesMax} bytes`,
  json_empty: () => 'The request body is empty',
  json_null: () => missingProperty('body'),
  json_key_repeated: () => 'The request body names a key twice in one object',
  json_lone_surrogate: () => 'The request body holds half of a UTF-16 surrogate pair',
  json_not_utf8: () => 'The request body is not well-formed UTF-8',
  json_malformed: ({ detail }) => `The request body is not valid JSON: ${detail}`,
  json_too_deep: ({ levelsMax }) => `The request body nests deeper than ${levelsMax} levels`,
  json_too_many_parts: ({ partsMax }) =>
    `The request body holds more than ${partsMax} names and values`,
  json_string_too_long: ({ bytesMax }) =>
    `The request body holds a string of more than ${bytesMax} bytes`,
  json_too_many_names: ({ namesMax }) =>
    `The request body holds an object of more than ${namesMax} names`,
  json_too_many_long_numbers: ({ numbersMax, digitsMax }) =>
    `The request body holds more than ${numbersMax} numbers with a fraction, ` +
    `an exponent or more than ${digitsMax} digits: write them as strings`,
  unauthenticated: () => 'Authentication required',
  not_user_project: () => 'Authentication required: X-Auth-Token is USER:PROJECT, without Keystone',
  scope_missing: () => 'A token scoped to a project is required.',
  other_project: () => 'No access to project',
  not_loopback: () => 'Without authentication only localhost is served',
  not_permitted: () => 'You are not authorized',
  identity_unavailable: () => 'The Identity service is not available',
  table_not_found: ({ table }) => `Table '${shortened(table)}' does not exist`,
  table_exists: ({ table }) => `Table ${table} already exists`,
  table_protected: ({ table }) => `Table '${table}' is protected against deletion`,
  table_not_active: ({ table, status }) =>
    `Can't execute request: Table '${table}' status '${status}' isn't ACTIVE`,
  table_changing: ({ table }) => `Table '${table}' is changing, try again`,
  table_replaced: ({ table }) => `Table '${table}' has been made anew, try again`,
  table_unreadable: ({ table }) =>
    `Table '${table}' was changed by a newer version of the service, try again`,
  index_not_found: ({ table, index }) => `Index '${index}' doesn't exist for table '${table}'`,
  too_many_tags: ({ tagsMax }) => `A table may have at most ${tagsMax} tags`,
  too_many_tables: ({ tablesMax }) => `A project may have at most ${tablesMax} tables`,
  rate_exceeded: ({ perSecond }) => `A project may send ${perSecond} such requests a second`,
  condition_failed: () => 'The conditional request failed',
  key_missing: ({ names }) => `Couldn't find expected key attributes: ${quoted(names)}`,
  key_mismatch: ({ found, expected }) =>
    `Specified key: ${listed(found)} doesn't match expected key attributes set: ` +
    listed(expected),
  key_empty: ({ name }) => `Key attribute '${name}' must not be empty`,
  key_updated: ({ name }) => `Key attribute '${name}' can't be updated`,
  key_too_long: ({ name, bytesMax }) =>
    `Key attribute '${name}' must not be longer than ${bytesMax} bytes`,
  key_repeated: ({ table, key }) =>
    "Can't execute request: More than one operation requested for item with keys " +
    `(${shortened(key.map(writeValue).join(', '))}) in table '${table}'`,
  attribute_type: ({ name, found, expected }) =>
    `Attribute: '${name}' of type: '${found}' doesn't match table schema expected ` +
    `attribute type: '${expected}'`,
  item_too_large: ({ bytesMax }) =>
    `Item size has exceeded the maximum allowed size of ${bytesMax} bytes`,
  item_too_deep: ({ levelsMax }) => `An item must not be nested deeper than ${levelsMax} levels`,
  item_json_too_large: ({ bytesMax }) =>
    `An item must not be longer than ${bytesMax} bytes of JSON`,
  hash_condition_unequal: ({ name }) =>
    `Only equality condition is allowed for HASH key attribute '${name}'`,
  key_conditions_mismatch: keyConditionsMismatch,
  add_operand_type: () => 'ADD allows collections or numbers only',
  update_operand_type: ({ name }) => `Wrong type for ${name}`,
  update_operand_missing: ({ name }) => `The item has no attribute ${name} to compute with`,
  update_path_invalid: ({ name }) => `An update leads into ${name}, which is no such document`,
  sum_out_of_range: ({ name, fault }) =>
    `The sum for ${name} is out of range: ${NUMBER_MESSAGES[fault]}`,
  too_many_connections: () => 'Too many connections at once',
  too_many_requests: () => 'Too many requests at once',
  too_many_project_requests: () => 'Too many requests of one project at once',
  too_many_bodies: () => 'Too many large requests at once',
  too_many_item_writes: () => 'Too many writes to one item at once',
  service_ending: () => 'The service is about to end, try again',
  storage_unavailable: () => 'The storage is not available',
  write_outcome_unknown: () =>
    'The outcome of the write is unknown: it may or may not have been applied',
  table_outcome_unknown: () => 'The outcome is unknown: the table may have been deleted meanwhile',
  // The response to any bug of the service. The quotes are part of it.
  internal: () => 'message="An Internal Error Occurred"',
} satisfies { [K in Reason['is']]: (reason: Extract<Reason, { is: K }>) => string }

/** MagnetoDB's sentence for a reason, up to its first line end. Invisible characters from the
 * request are escaped. */
export function messageOf(reason: Reason): string {
  const message = (MESSAGES[reason.is] as (reason: Reason) => string)(reason)
  const end = message.indexOf('\n')
  return escapeInvisible(end < 0 ? message : message.slice(0, end))
}

function keyConditionsMismatch({ conditions, key }: KeyConditionsMismatch): string {
  const asked = conditions.map(({ name, op }) => `'${name}': ${op.toUpperCase()}`)
  const schema = key.map(({ name, type }) => `'${name}': ${type}`)
  return (
    `Specified query conditions ${shortened(`{${asked.join(', ')}}`)} don't match table schema: ` +
    `{${schema.join(', ')}}`
  )
}

export function missingProperty(label: string): string {
  return `Required property '${label}' wasn't found or it's value is null`
}

function listed(names: readonly string[]): string {
  return shortened(`[${quoted(names)}]`)
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ')
}
