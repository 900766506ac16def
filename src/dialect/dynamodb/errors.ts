import { SignatureError } from '../../identity/sigv4/signature-error.ts'
import { type ErrorCode, MagnetoDBError } from '../../model/errors.ts'
import type { Reason } from '../../model/reasons.ts'
import type { Answer } from '../wire.ts'
import { messageOf } from './messages.ts'
import { ERROR_TYPES, type ErrorType, Refusal } from './refusal.ts'
import { shortened } from './shortened.ts'
import { signatureRefusal } from './signature-refusals.ts'

export const CONTENT_TYPE = 'application/x-amz-json-1.0'

interface WireError {
  readonly status: number
  readonly type: ErrorType
}

const ERRORS = {
  validation: { status: 400, type: 'ValidationException' },
  invalid_update: { status: 400, type: 'ValidationException' },
  table_not_found: { status: 400, type: 'ResourceNotFoundException' },
  table_exists: { status: 400, type: 'ResourceInUseException' },
  table_protected: { status: 400, type: 'ValidationException' },
  condition_failed: { status: 400, type: 'ConditionalCheckFailedException' },
  quota_exceeded: { status: 400, type: 'LimitExceededException' },
  rate_exceeded: { status: 400, type: 'RequestLimitExceeded' },
  unauthenticated: { status: 400, type: 'UnrecognizedClientException' },
  forbidden: { status: 400, type: 'AccessDeniedException' },
  route_not_found: { status: 400, type: 'UnknownOperationException' },
  method_not_allowed: { status: 405, type: 'UnknownOperationException' },
  request_lost: { status: 408, type: 'ServiceUnavailable' },
  body_too_large: { status: 413, type: 'SerializationException' },
  unsupported_encoding: { status: 415, type: 'SerializationException' },
  unavailable: { status: 503, type: 'ServiceUnavailable' },
  outcome_unknown: { status: 500, type: 'InternalServerError' },
  internal: { status: 500, type: 'InternalServerError' },
} as const satisfies Record<ErrorCode, WireError>

/** Types that do not follow from the error code. */
const TYPES: Partial<Record<Reason['is'], ErrorType>> = {
  json_empty: 'SerializationException',
  json_null: 'SerializationException',
  json_key_repeated: 'SerializationException',
  json_lone_surrogate: 'SerializationException',
  json_not_utf8: 'SerializationException',
  json_malformed: 'SerializationException',
  json_too_many_parts: 'SerializationException',
  json_string_too_long: 'SerializationException',
  json_too_many_names: 'SerializationException',
  json_too_many_long_numbers: 'SerializationException',
  body_not_as_encoded: 'SerializationException',
  table_not_active: 'ResourceNotFoundException',
}

/** A failed condition, with the item if the caller has requested it. */
export class ItemConditionFailed extends MagnetoDBError {
  override readonly name = 'ItemConditionFailed'
  /** JSON of the item. */
  readonly item: string

  constructor(item: string) {
    super({ is: 'condition_failed' })
    this.item = item
  }
}

/** DynamoDB's answer to a request that failed. */
export function encodeError(error: MagnetoDBError): Answer {
  const { status, type: usual } = ERRORS[error.code]
  const refusal = refusalOf(error)
  const type = refusal?.type ?? TYPES[error.reason.is] ?? usual
  const message = shortened(refusal?.message ?? messageOf(error.reason))
  const __type = `${ERROR_TYPES[type]}#${type}`
  const body = JSON.stringify({ __type, message })
  const isItemShown = error instanceof ItemConditionFailed
  return {
    ...{ status, contentType: CONTENT_TYPE },
    body: isItemShown ? `${body.slice(0, -1)},"Item":${error.item}}` : body,
  }
}

/** The type and message of an error that does not follow from its reason. */
function refusalOf(error: MagnetoDBError) {
  if (error instanceof SignatureError) return signatureRefusal(error.fault)
  return error instanceof Refusal ? error : undefined
}
