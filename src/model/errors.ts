import type { Reason } from './reasons.ts'

/**
 * The kinds of failure: short codes for logs, metrics and wires. A code does not change once it is
 * published.
 */
export type ErrorCode =
  | 'validation'
  | 'invalid_update'
  | 'table_not_found'
  | 'table_exists'
  | 'condition_failed'
  | 'unauthenticated'
  | 'forbidden'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'request_lost'
  | 'body_too_large'
  | 'unsupported_encoding'
  | 'unavailable'
  | 'outcome_unknown'
  | 'internal'

/** Why a request fails. It has no sentence: that is the wire's. */
export class MagnetoDBError extends Error {
  override readonly name: string = 'MagnetoDBError'
  readonly reason: Reason

  constructor(reason: Reason, options?: ErrorOptions) {
    super(reason.is, options)
    this.reason = reason
  }

  get code(): ErrorCode {
    return CODES[this.reason.is]
  }
}

const CODES = {
  invalid_request: 'validation',
  url_malformed: 'validation',
  path_malformed: 'validation',
  host_malformed: 'validation',
  header_repeated: 'validation',
  content_encoding_unsupported: 'unsupported_encoding',
  route_not_found: 'route_not_found',
  method_not_allowed: 'method_not_allowed',
  body_too_slow: 'request_lost',
  caller_gone: 'request_lost',
  body_too_large: 'body_too_large',
  json_empty: 'validation',
  json_null: 'validation',
  json_key_repeated: 'validation',
  json_lone_surrogate: 'validation',
  json_not_utf8: 'validation',
  json_malformed: 'validation',
  json_too_deep: 'validation',
  json_too_many_parts: 'validation',
  json_too_many_long_numbers: 'validation',
  unauthenticated: 'unauthenticated',
  scope_missing: 'forbidden',
  other_project: 'forbidden',
  not_loopback: 'forbidden',
  not_permitted: 'forbidden',
  identity_unavailable: 'unavailable',
  table_not_found: 'table_not_found',
  table_exists: 'table_exists',
  table_not_active: 'validation',
  table_changing: 'unavailable',
  table_replaced: 'unavailable',
  index_not_found: 'validation',
  condition_failed: 'condition_failed',
  key_missing: 'validation',
  key_mismatch: 'validation',
  key_empty: 'validation',
  key_updated: 'validation',
  key_too_long: 'validation',
  key_repeated: 'validation',
  attribute_type: 'validation',
  item_too_large: 'validation',
  item_json_too_large: 'validation',
  hash_condition_unequal: 'validation',
  key_conditions_mismatch: 'validation',
  add_operand_type: 'invalid_update',
  update_operand_type: 'invalid_update',
  sum_out_of_range: 'invalid_update',
  too_many_connections: 'unavailable',
  too_many_requests: 'unavailable',
  too_many_project_requests: 'unavailable',
  too_many_bodies: 'unavailable',
  too_many_item_writes: 'unavailable',
  service_ending: 'unavailable',
  storage_unavailable: 'unavailable',
  write_outcome_unknown: 'outcome_unknown',
  table_outcome_unknown: 'outcome_unknown',
  internal: 'internal',
} as const satisfies Record<Reason['is'], ErrorCode>
