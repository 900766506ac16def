import { MagnetoDBError } from '../../model/errors.ts'
import type { Reason } from '../../model/reasons.ts'

/** DynamoDB's error types, with the namespaces that clients expect. */
export const ERROR_TYPES = {
  ValidationException: 'com.amazon.coral.validate',
  SerializationException: 'com.amazon.coral.service',
  UnknownOperationException: 'com.amazon.coral.service',
  MissingAuthenticationTokenException: 'com.amazon.coral.service',
  IncompleteSignatureException: 'com.amazon.coral.service',
  InvalidSignatureException: 'com.amazon.coral.service',
  UnrecognizedClientException: 'com.amazon.coral.service',
  AccessDeniedException: 'com.amazon.coral.service',
  ServiceUnavailable: 'com.amazon.coral.availability',
  ConditionalCheckFailedException: 'com.amazonaws.dynamodb.v20120810',
  InternalServerError: 'com.amazonaws.dynamodb.v20120810',
  LimitExceededException: 'com.amazonaws.dynamodb.v20120810',
  RequestLimitExceeded: 'com.amazonaws.dynamodb.v20120810',
  ResourceInUseException: 'com.amazonaws.dynamodb.v20120810',
  ResourceNotFoundException: 'com.amazonaws.dynamodb.v20120810',
} as const

export type ErrorType = keyof typeof ERROR_TYPES

/** A refusal with a type and message of this wire, for which the core has no reason. */
export class Refusal extends MagnetoDBError {
  override readonly name = 'Refusal'
  readonly type: ErrorType
  override readonly message: string

  constructor(type: ErrorType, message: string, reason?: Reason) {
    super(reason ?? { is: 'invalid_request', message })
    this.type = type
    this.message = message
  }
}

/** For a body that does not have the operation's form. */
export function serializationError(message: string): Refusal {
  return new Refusal('SerializationException', message)
}

export function unknownOperation(): Refusal {
  return new Refusal('UnknownOperationException', '', { is: 'route_not_found' })
}

/** Prefix of most messages about parameters. */
export const INVALID_PARAMETERS = 'One or more parameter values were invalid: '
