export const REDACTED = '[redacted]'

/** Names that end so hold secrets; `token_cache_time` or `tokenHash` do not. */
const SECRET_NAME = /(?:password|secret|token|authorization|cookie|signature)$/i
/** Fernet and JWS tokens of Keystone, wherever they stand in a line. */
const TOKEN = /\bgAAAAA[\w-]{20,}=*|\beyJ[\w-]+\.[\w-]+\.[\w-]+/g
const DEPTH_MAX = 5
const CAUSES_MAX = 5

/** Replaces every Keystone token in a line that is about to be written. */
export function redactTokens(line: string): string {
  return line.replace(TOKEN, REDACTED)
}

/**
 * A copy of the field's value that is safe to log and to turn into JSON: values under secret names
 * are replaced at every depth, errors become plain objects of type, message, stack and cause. Of
 * other properties of an error nothing is kept, for libraries put requests and headers there.
 */
export function redactField(name: string, value: unknown): unknown {
  return redactProperty(name, value, 1)
}

function redactProperty(name: string, value: unknown, depth: number): unknown {
  if (SECRET_NAME.test(name)) return REDACTED
  return typeof value === 'object' && value !== null ? redactObject(value, depth) : plain(value)
}

function redactObject(value: object, depth: number): unknown {
  if (value instanceof Error) return describeError(value, CAUSES_MAX)
  if (value instanceof Date) return value.toJSON()
  if (value instanceof Uint8Array) return `[${value.length} bytes]`
  if (depth === DEPTH_MAX) return '[too deep]'
  if (Array.isArray(value)) return value.map((item) => redactProperty('', item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, redactProperty(name, item, depth + 1)]),
  )
}

/** JSON has no big integers and would throw. */
function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

export interface ErrorDescription {
  readonly type: string
  readonly message: string
  readonly stack: string
  readonly cause?: ErrorDescription
}

export function describeError(error: Error, causesLeft = CAUSES_MAX): ErrorDescription {
  const { name, message, stack = '', cause } = error
  const description = { type: name, message, stack }
  return cause instanceof Error && causesLeft > 0
    ? { ...description, cause: describeError(cause, causesLeft - 1) }
    : description
}
