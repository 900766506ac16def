import type { InvalidReason, Reason } from './reasons.ts'

/**
 * Kinds of failure: short codes for logs, metrics and wires. Published codes do not change.
 */
export type ErrorCode =
  | 'validation'
  | 'invalid_update'
  | 'table_not_found'
  | 'table_exists'
  | 'table_protected'
  | 'condition_failed'
  | 'quota_exceeded'
  | 'rate_exceeded'
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

/** A request's failure. Each wire has its own sentence for the reason. */
export class MagnetoDBError extends Error {
  override readonly name: string = 'MagnetoDBError'
  readonly reason: Reason

  constructor(reason: Reason, options?: ErrorOptions) {
    super(reason.is, options)
    this.reason = reason
  }

  get code(): ErrorCode {
    const { is } = this.reason
    return isInvalid(is) ? 'validation' : CODES[is]
  }
}

/** Codes of all reasons except `InvalidReason`. */
const CODES = {
  content_encoding_unsupported: 'unsupported_encoding',
  route_not_found: 'route_not_found',
  method_not_allowed: 'method_not_allowed',
  body_too_slow: 'request_lost',
  caller_gone: 'request_lost',
  body_too_large: 'body_too_large',
  unauthenticated: 'unauthenticated',
  not_user_project: 'unauthenticated',
  scope_missing: 'forbidden',
  other_project: 'forbidden',
  not_loopback: 'forbidden',
  not_permitted: 'forbidden',
  identity_unavailable: 'unavailable',
  table_not_found: 'table_not_found',
  table_exists: 'table_exists',
  table_protected: 'table_protected',
  table_changing: 'unavailable',
  table_replaced: 'unavailable',
  table_unreadable: 'unavailable',
  condition_failed: 'condition_failed',
  too_many_tables: 'quota_exceeded',
  rate_exceeded: 'rate_exceeded',
  add_operand_type: 'invalid_update',
  update_operand_type: 'invalid_update',
  update_operand_missing: 'invalid_update',
  update_path_invalid: 'invalid_update',
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
} as const satisfies Record<Exclude<Reason['is'], InvalidReason['is']>, ErrorCode>

function isInvalid(is: Reason['is']): is is InvalidReason['is'] {
  return !(is in CODES)
}
