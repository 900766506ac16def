import type { ErrorCode, MagnetoDBError } from '../../model/errors.ts'

/** What one kind of failure is on the wire: the status and the fixed parts of the body. */
export interface V1Error {
  readonly status: number
  readonly title: string
  readonly explanation: string
  readonly type: string
}

/** The texts that MagnetoDB's clients know, line ends included (those of WebOb's exceptions). */
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
  condition_failed: { ...BAD_REQUEST, type: 'ConditionalCheckFailedException' },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    explanation: 'Access was denied to this resource.',
    type: 'Forbidden',
  },
  route_not_found: { ...NOT_FOUND, type: 'NotFound' },
  method_not_allowed: {
    status: 405,
    title: 'Method Not Allowed',
    explanation: 'The method is not allowed for this resource.',
    type: 'MethodNotAllowed',
  },
  body_too_large: {
    status: 413,
    title: 'Request Entity Too Large',
    explanation: 'The body of the request is larger than the server accepts.',
    type: 'RequestEntityTooLarge',
  },
  unsupported_encoding: {
    status: 415,
    title: 'Unsupported Media Type',
    explanation: 'The server does not accept the encoding of the body.',
    type: 'UnsupportedMediaType',
  },
  unavailable: {
    status: 503,
    title: 'Service Unavailable',
    explanation: 'The server is currently unavailable. Please try again at a later time.',
    type: 'ServiceUnavailable',
  },
  outcome_unknown: { ...SERVER_ERROR, type: 'BackendInteractionException' },
  internal: { ...SERVER_ERROR, type: 'InternalServerError' },
} as const satisfies Record<ErrorCode, V1Error>

/** All that is said of a defect of ours, quotes included. */
const INTERNAL_MESSAGE = 'message="An Internal Error Occurred"'

/** MagnetoDB's error envelope. */
export function errorBody(error: MagnetoDBError): string {
  const { status, title, explanation, type } = V1_ERRORS[error.code]
  const message = errorMessage(error)
  return JSON.stringify({
    code: status,
    title,
    explanation,
    error: { message, type, traceback: null },
  })
}

/** Messages end at their first line end. */
export function errorMessage({ code, message }: MagnetoDBError): string {
  return code === 'internal' ? INTERNAL_MESSAGE : firstLine(message)
}

function firstLine(message: string): string {
  const end = message.indexOf('\n')
  return end < 0 ? message : message.slice(0, end)
}
