import { HASH_KEY_BYTES_MAX, NUMBER_DIGITS_MAX } from '../../model/limits.ts'
import type { NumberFault } from '../../model/number.ts'
import type { Reason } from '../../model/reasons.ts'
import { INVALID_PARAMETERS } from './refusal.ts'

export const NUMBER_MESSAGES = {
  length: `Attempting to store more than ${NUMBER_DIGITS_MAX} significant digits in a Number`,
  format: 'The parameter cannot be converted to a numeric value',
  digits: `Attempting to store more than ${NUMBER_DIGITS_MAX} significant digits in a Number`,
  overflow:
    'Number overflow. Attempting to store a number with magnitude larger than supported range',
  underflow:
    'Number underflow. Attempting to store a number with magnitude smaller than supported range',
} as const satisfies Record<NumberFault, string>

export const KEY_MISMATCH = 'The provided key element does not match the schema'
const NOT_VALID = 'One or more parameter values are not valid. '
const TOO_DEEP = 'Nesting Levels have exceeded supported limits'
const NOT_FOUND = 'Requested resource not found'
const WRONG_OPERAND = 'An operand in the update expression has an incorrect data type'
const INVALID_TOKEN = 'The security token included in the request is invalid.'
const TRY_AGAIN = 'The service cannot handle the request now. Try it again.'

const MESSAGES = {
  invalid_request: ({ message }) => message,
  url_malformed: () => 'The URL is malformed',
  path_malformed: () => 'The path is malformed',
  host_malformed: () => 'The Host header is not a host name or address',
  header_repeated: ({ name }) => `The header ${name} is there more than once`,
  body_not_as_encoded: () => 'The request body is not in the encoding of its Content-Encoding',
  content_encoding_unsupported: () => 'Request bodies may be compressed by gzip or deflate only',
  route_not_found: () => '',
  method_not_allowed: () => '',
  body_too_slow: () => 'The request body is too slow',
  caller_gone: () => 'The caller is gone',
  body_too_large: ({ bytesMax }) => `The request body exceeds ${bytesMax} bytes`,
  json_empty: () => 'The request body is empty',
  json_null: () => 'The request body is null',
  json_key_repeated: () => 'The request body names a key twice in one object',
  json_lone_surrogate: () => 'The request body holds half of a UTF-16 surrogate pair',
  json_not_utf8: () => 'The request body is not well-formed UTF-8',
  json_malformed: () => 'The request body is not valid JSON',
  json_too_deep: () => TOO_DEEP,
  json_too_many_parts: ({ partsMax }) =>
    `The request body holds more than ${partsMax} names and values`,
  json_string_too_long: ({ bytesMax }) =>
    `The request body holds a string of more than ${bytesMax} bytes`,
  json_too_many_names: ({ namesMax }) =>
    `The request body holds an object of more than ${namesMax} names`,
  json_too_many_long_numbers: ({ numbersMax }) =>
    `The request body holds more than ${numbersMax} long numbers`,
  unauthenticated: () => INVALID_TOKEN,
  not_user_project: () => `${INVALID_TOKEN} Without Keystone a token is USER:PROJECT.`,
  scope_missing: () => 'The token is not scoped to a project',
  other_project: () => 'The resource is in another project',
  not_loopback: () => 'Without authentication only localhost is served',
  not_permitted: () => 'The caller is not authorized to perform this operation',
  identity_unavailable: () => TRY_AGAIN,
  table_not_found: () => NOT_FOUND,
  table_exists: ({ table }) => `Table already exists: ${table}`,
  table_not_active: () => NOT_FOUND,
  table_changing: () => TRY_AGAIN,
  table_replaced: () => TRY_AGAIN,
  table_unreadable: () => TRY_AGAIN,
  index_not_found: ({ index }) => `The table does not have the specified index: ${index}`,
  table_protected: () =>
    'Resource cannot be deleted as it is currently protected against deletion. ' +
    'Disable deletion protection first.',
  too_many_tags: ({ tagsMax }) => `${INVALID_PARAMETERS}A table may have at most ${tagsMax} tags`,
  too_many_tables: ({ tablesMax }) =>
    `Subscriber limit exceeded: There is a limit of ${tablesMax} tables per subscriber`,
  rate_exceeded: () => 'Throughput exceeds the current throughput limit for your account',
  condition_failed: () => 'The conditional request failed',
  key_missing: ({ names }) => `${INVALID_PARAMETERS}Missing the key ${names[0]} in the item`,
  key_mismatch: () => KEY_MISMATCH,
  key_empty: ({ name, type, index }) => {
    const empty = `cannot contain an empty ${type === 'B' ? 'binary' : 'string'} value.`
    if (index === undefined) {
      return `${NOT_VALID}The AttributeValue for a key attribute ${empty} Key: ${name}`
    }
    return (
      `${NOT_VALID}A value specified for a secondary index key is not supported. The ` +
      `AttributeValue for a key attribute ${empty} IndexName: ${index}, IndexKey: ${name}`
    )
  },
  key_updated: ({ name }) =>
    `${INVALID_PARAMETERS}Cannot update attribute ${name}. This attribute is part of the key`,
  key_too_long: ({ bytesMax }) =>
    bytesMax === HASH_KEY_BYTES_MAX
      ? `${INVALID_PARAMETERS}Size of hashkey has exceeded the maximum size limit of` +
        `${bytesMax} bytes`
      : `${INVALID_PARAMETERS}Aggregated size of all range keys has exceeded the size limit of ` +
        `${bytesMax} bytes`,
  key_repeated: () => 'Provided list of item keys contains duplicates',
  attribute_type: ({ name, found, expected, index }) =>
    index === undefined
      ? `${INVALID_PARAMETERS}Type mismatch for key ${name} expected: ${expected} actual: ${found}`
      : `${INVALID_PARAMETERS}Type mismatch for Index Key ${name} Expected: ${expected} ` +
        `Actual: ${found} IndexName: ${index}`,
  item_too_large: () => 'Item size has exceeded the maximum allowed size',
  item_json_too_large: () => 'Item size has exceeded the maximum allowed size',
  hash_condition_unequal: () => 'Query key condition not supported',
  key_conditions_mismatch: () => 'Query key condition not supported',
  add_operand_type: () => WRONG_OPERAND,
  update_operand_missing: () =>
    'The provided expression refers to an attribute that does not exist in the item',
  update_path_invalid: () =>
    'The document path provided in the update expression is invalid for update',
  item_too_deep: () => TOO_DEEP,
  update_operand_type: () => WRONG_OPERAND,
  sum_out_of_range: ({ fault }) => NUMBER_MESSAGES[fault],
  too_many_connections: () => TRY_AGAIN,
  too_many_requests: () => TRY_AGAIN,
  too_many_project_requests: () => TRY_AGAIN,
  too_many_bodies: () => TRY_AGAIN,
  too_many_item_writes: () => TRY_AGAIN,
  service_ending: () => TRY_AGAIN,
  storage_unavailable: () => TRY_AGAIN,
  write_outcome_unknown: () => 'The outcome of the write is unknown',
  table_outcome_unknown: () => 'The outcome is unknown: the table may have been deleted',
  internal: () => 'The request processing has failed because of an unknown error',
} satisfies { [K in Reason['is']]: (reason: Extract<Reason, { is: K }>) => string }

/** DynamoDB's sentence for a reason. */
export function messageOf(reason: Reason): string {
  return (MESSAGES[reason.is] as (reason: Reason) => string)(reason)
}
