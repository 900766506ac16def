import type { ErrorCode, MagnetoDBError } from '../../model/errors.ts'
import { type Answer, JSON_TYPE, TEXT_TYPE } from '../wire.ts'
import { messageOf } from './messages.ts'

/** The status and the fixed parts of the body for one kind of failure. */
export interface V1Error {
  readonly status: number
  readonly type: string
  /** Absent if the body is only the message, as in keystonemiddleware's responses. */
  readonly title?: string
  readonly explanation?: string
}

/** The original's texts, with their line ends, which come from WebOb's exceptions. */
const BAD_REQUEST = {
  status: 400,
  title: 'Bad Request',
  explanation:
    'The server could not comply with the request since\r\n' +
    'it is either malformed or otherwise incorrect.\r\n',
} as const
const NOT_FOUND = {
  status: 404,
  title: 'Not Found',
  explanation: 'The resource could not be found.',
} as const
const SERVER_ERROR = {
  status: 500,
  title: 'Internal Server Error',
  explanation:
    'The server has either erred or is incapable of performing\r\n' +
    'the requested operation.\r\n',
} as const

export const V1_ERRORS = {
  validation: { ...BAD_REQUEST, type: 'ValidationError' },
  invalid_update: { ...BAD_REQUEST, type: 'InvalidQueryParameter' },
  table_not_found: { ...NOT_FOUND, type: 'TableNotExistsException' },
  table_exists: { ...BAD_REQUEST, type: 'TableAlreadyExistsException' },
  table_protected: { ...BAD_REQUEST, type: 'TableProtectedException' },
  condition_failed: { ...BAD_REQUEST, type: 'ConditionalCheckFailedException' },
  quota_exceeded: {
    status: 403,
    type: 'QuotaExceeded',
    title: 'Forbidden',
    explanation: 'A quota of the project is used up.',
  },
  rate_exceeded: {
    status: 429,
    type: 'TooManyRequests',
    title: 'Too Many Requests',
    explanation: 'The project sends too many requests. Please try again later.',
  },
  unauthenticated: { status: 401, type: 'Unauthorized' },
  forbidden: {
    status: 403,
    type: 'Forbidden',
    title: 'Forbidden',
    explanation: 'Access was denied to this resource.',
  },
  route_not_found: { ...NOT_FOUND, type: 'NotFound' },
  method_not_allowed: {
    status: 405,
    type: 'MethodNotAllowed',
    title: 'Method Not Allowed',
    explanation: 'The method is not allowed for this resource.',
  },
  request_lost: { status: 408, type: 'RequestTimeout' },
  body_too_large: {
    status: 413,
    type: 'RequestEntityTooLarge',
    title: 'Request Entity Too Large',
    explanation: 'The body of the request is larger than the server accepts.',
  },
  unsupported_encoding: {
    status: 415,
    type: 'UnsupportedMediaType',
    title: 'Unsupported Media Type',
    explanation: 'The server does not accept the encoding of the body.',
  },
  unavailable: {
    status: 503,
    type: 'ServiceUnavailable',
    title: 'Service Unavailable',
    explanation: 'The server is currently unavailable. Please try again at a later time.',
  },
  outcome_unknown: { ...SERVER_ERROR, type: 'BackendInteractionException' },
  internal: { ...SERVER_ERROR, type: 'InternalServerError' },
} as const satisfies Record<ErrorCode, V1Error>

/** MagnetoDB's response to a failed request. */
export function encodeError({ code, reason }: MagnetoDBError): Answer {
  const { status, type, title, explanation }: V1Error = V1_ERRORS[code]
  const message = messageOf(reason)
  if (title === undefined) return { status, contentType: TEXT_TYPE, body: message }
  const error = { message, type, traceback: null }
  const body = JSON.stringify({ code: status, title, explanation, error })
  return { status, contentType: JSON_TYPE, body }
}
