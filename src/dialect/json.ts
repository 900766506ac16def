import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { MagnetoDBError } from '../model/errors.ts'
import { JsonSyntaxError, parseInSteps } from '../model/json-steps.ts'
import {
  JSON_DEPTH_MAX,
  JSON_NAMES_MAX,
  JSON_NUMBER_BYTES_MAX,
  JSON_PARTS_MAX,
  JSON_SPACE_BYTES_MAX,
  JSON_STRING_BYTES_MAX,
} from '../model/limits.ts'
import { ONE_PIECE_BYTES_MAX, type Stepped, type Steps } from '../model/steps.ts'

/** The text of a number that `JSON.parse` would round, or whose notation it would lose. */
export class LosslessNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Digits of integers that are always within `Number.MAX_SAFE_INTEGER`. */
const SAFE_INTEGER_DIGITS = 15
/** Numbers that may be lossless in one body. Small bodies with any are parsed twice. */
const UNSAFE_NUMBERS_MAX = 25_000

/**
 * Parses a request's body like `JSON.parse`, but numbers with a fraction, an exponent, 16 or more
 * digits, or `-0` become `LosslessNumber`s.
 *
 * @throws MagnetoDBError if the body is not well-formed UTF-8 or JSON, is null or empty, nests
 *   deeper than `JSON_DEPTH_MAX`, has more than `JSON_PARTS_MAX` parts, more than `JSON_NAMES_MAX`
 *   names in one object or a longer string, number or white space than limits.ts allows, repeats a
 *   name in an object, or contains half of a surrogate pair
 */
export function parseJson(bytes: Buffer): Stepped<unknown> {
  return bytes.length <= ONE_PIECE_BYTES_MAX ? parseInOnePiece(bytes) : parseLargeBody(bytes)
}

function* parseLargeBody(bytes: Buffer): Steps<unknown> {
  const seen = nothingSeen()
  for (let at = 0; at < bytes.length; ) {
    yield
    at = scan(bytes, at, seen)
  }
  yield 'long'
  const text = decodeText(bytes, seen.ascii)
  const { value, isNameRepeated } = yield* parseLarge(text)
  checkParsed(value, isNameRepeated, seen)
  return value
}

function parseInOnePiece(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new MagnetoDBError({ is: 'json_empty' })
  const seen = nothingSeen()
  scan(bytes, 0, seen)
  const value = parseText(decodeText(bytes, seen.ascii))
  checkParsed(value, countKeys(value) !== seen.keys, seen)
  return seen.unsafeNumbers.length > 0 ? parseLossless(bytes, seen.unsafeNumbers) : value
}

function checkParsed(value: unknown, isNameRepeated: boolean, { halfPairs }: Seen): void {
  if (value === null) throw new MagnetoDBError({ is: 'json_null' })
  if (isNameRepeated) throw new MagnetoDBError({ is: 'json_key_repeated' })
  if (halfPairs) throw new MagnetoDBError({ is: 'json_lone_surrogate' })
}

function* parseLarge(text: string) {
  try {
    return yield* parseInSteps(text, { numberOf, refuseNames, namesMax: JSON_NAMES_MAX })
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    const detail = `Unexpected token in JSON at position ${error.index}`
    throw new MagnetoDBError({ is: 'json_malformed', detail })
  }
}

const SAFE_INTEGER = new RegExp(`^(?:0|-?[1-9][0-9]{0,${SAFE_INTEGER_DIGITS - 1}})$`)

function numberOf(text: string): unknown {
  return SAFE_INTEGER.test(text) ? Number(text) : new LosslessNumber(text)
}

function refuseNames(): never {
  throw new MagnetoDBError({ is: 'json_too_many_names', namesMax: JSON_NAMES_MAX })
}

interface Seen {
  ascii: boolean
  /** Brackets that are open. */
  depth: number
  /** Colons outside strings: in well-formed JSON the number of keys. */
  keys: number
  /** Opening brackets, commas and colons outside strings: about one per name and value. */
  parts: number
  /** Whether an escaped surrogate lacks its other half. */
  halfPairs: boolean
  /** Start and end, alternately, of each number that `JSON.parse` would distort. */
  readonly unsafeNumbers: number[]
}

const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c

function nothingSeen(): Seen {
  return { ascii: true, depth: 0, keys: 0, parts: 0, halfPairs: false, unsafeNumbers: [] }
}

/**
 * Checks in one pass what is cheaper, or only possible, before `JSON.parse`. A piece ends after the
 * string, number or white space that it has begun.
 *
 * @returns where the next piece starts
 */
function scan(bytes: Buffer, start: number, seen: Seen): number {
  const pieceEnd = Math.min(bytes.length, start + ONE_PIECE_BYTES_MAX)
  let i = start
  for (; i < pieceEnd; i++) {
    const byte = bytes[i] as number
    if (byte === QUOTE) {
      i = scanString(bytes, i + 1, seen)
    } else if (byte === 0x2c /* , */) {
      countPart(seen)
    } else if (byte === 0x3a /* : */) {
      seen.keys++
      countPart(seen)
    } else if (byte === 0x7b /* { */ || byte === 0x5b /* [ */) {
      countPart(seen)
      if (++seen.depth > JSON_DEPTH_MAX) {
        throw new MagnetoDBError({ is: 'json_too_deep', levelsMax: JSON_DEPTH_MAX })
      }
    } else if (byte === 0x7d /* } */ || byte === 0x5d /* ] */) {
      seen.depth--
    } else if (isDigit(byte) || byte === 0x2d /* - */) {
      const end = numberEnd(bytes, i)
      if (!isSafeInteger(bytes, i, end)) noteUnsafe(seen, i, end)
      i = end - 1
    } else if (byte <= SPACE) {
      i = spaceEnd(bytes, i) - 1
    } else if (byte >= 0x80) {
      seen.ascii = false
    }
  }
  return i
}

/** The index after the white space that begins at `start`. */
function spaceEnd(bytes: Buffer, start: number): number {
  const limit = Math.min(bytes.length, start + JSON_SPACE_BYTES_MAX + 1)
  let end = start + 1
  while (end < limit && (bytes[end] as number) <= SPACE) end++
  if (end - start <= JSON_SPACE_BYTES_MAX) return end
  const detail = `more than ${JSON_SPACE_BYTES_MAX} bytes of white space at position ${start}`
  throw new MagnetoDBError({ is: 'json_malformed', detail })
}

function countPart(seen: Seen): void {
  if (++seen.parts > JSON_PARTS_MAX) {
    throw new MagnetoDBError({ is: 'json_too_many_parts', partsMax: JSON_PARTS_MAX })
  }
}

/** The index of the string's closing quote. `start` is the index after its opening quote. */
function scanString(bytes: Buffer, start: number, seen: Seen): number {
  const end = Math.min(bytes.length, start + JSON_STRING_BYTES_MAX + 1)
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number
    if (byte === QUOTE) return i
    if (byte >= 0x80) seen.ascii = false
    else if (byte === BACKSLASH) i = scanEscape(bytes, i, seen)
  }
  if (end === bytes.length) return end
  throw new MagnetoDBError({ is: 'json_string_too_long', bytesMax: JSON_STRING_BYTES_MAX })
}

/** The index of the last byte of the escape at `start`, or of the surrogate pair. */
function scanEscape(bytes: Buffer, start: number, seen: Seen): number {
  const half = surrogateHalf(bytes, start)
  if (half === undefined) return start + 1
  if (half === 'high' && surrogateHalf(bytes, start + ESCAPE_LENGTH) === 'low') {
    return start + 2 * ESCAPE_LENGTH - 1
  }
  seen.halfPairs = true
  return start + ESCAPE_LENGTH - 1
}

/** Length of `\uD800`. */
const ESCAPE_LENGTH = 6

/** The surrogate escaped at `start`: high is D800 to DBFF, low DC00 to DFFF. */
function surrogateHalf(bytes: Buffer, start: number): 'high' | 'low' | undefined {
  const letterD = (bytes[start + 2] ?? 0) | 0x20
  if (bytes[start] !== BACKSLASH || bytes[start + 1] !== 0x75 || letterD !== 0x64) return undefined
  const digit = (bytes[start + 3] ?? 0) | 0x20
  if (digit === 0x38 || digit === 0x39 || digit === 0x61 || digit === 0x62) return 'high'
  return digit >= 0x63 && digit <= 0x66 ? 'low' : undefined
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function numberEnd(bytes: Buffer, start: number): number {
  const limit = Math.min(bytes.length, start + JSON_NUMBER_BYTES_MAX + 1)
  let end = start + 1
  while (end < limit && isNumberByte(bytes[end] as number)) end++
  if (end - start <= JSON_NUMBER_BYTES_MAX) return end
  const detail = `a number of more than ${JSON_NUMBER_BYTES_MAX} bytes at position ${start}`
  throw new MagnetoDBError({ is: 'json_malformed', detail })
}

function isNumberByte(byte: number): boolean {
  // Digits, `+`, `-`, `.`, `e`, `E`.
  return (byte >= 0x2b && byte <= 0x39 && byte !== 0x2c && byte !== 0x2f) || (byte | 0x20) === 0x65
}

function isSafeInteger(bytes: Buffer, start: number, end: number): boolean {
  const negative = bytes[start] === 0x2d
  const digits = negative ? start + 1 : start
  if (end - digits > SAFE_INTEGER_DIGITS) return false
  for (let i = digits; i < end; i++) if (!isDigit(bytes[i] as number)) return false
  return !(negative && bytes[digits] === 0x30)
}

function noteUnsafe(seen: Seen, start: number, end: number): void {
  if (seen.unsafeNumbers.push(start, end) > 2 * UNSAFE_NUMBERS_MAX) {
    throw new MagnetoDBError({
      is: 'json_too_many_long_numbers',
      numbersMax: UNSAFE_NUMBERS_MAX,
      digitsMax: SAFE_INTEGER_DIGITS,
    })
  }
}

function decodeText(bytes: Buffer, ascii: boolean): string {
  if (ascii) return bytes.toString('latin1')
  if (!isUtf8(bytes)) throw new MagnetoDBError({ is: 'json_not_utf8' })
  return bytes.toString()
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // V8's message quotes part of the body, which may contain line ends.
    const detail = (error as SyntaxError).message.replace(/[\n\r\t]/g, ' ')
    throw new MagnetoDBError({ is: 'json_malformed', detail })
  }
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const element of value) count += countKeys(element)
    return count
  }
  const members = value as Readonly<Record<string, unknown>>
  // In a sixth of the time that a list of the names, or of the values, would take.
  for (const name in members) count += 1 + countKeys(members[name])
  return count
}

/** Marks numbers in a text that is parsed again. Random, so that no client can forge it. */
const MARK = `${randomUUID()}:`

/** Parses a valid body again, with its unsafe numbers as marked strings. */
function parseLossless(bytes: Buffer, unsafeNumbers: readonly number[]): unknown {
  const parts: string[] = []
  let copied = 0
  for (let i = 0; i < unsafeNumbers.length; i += 2) {
    const start = unsafeNumbers[i] as number
    const end = unsafeNumbers[i + 1] as number
    parts.push(
      bytes.toString('utf8', copied, start),
      `"${MARK}`,
      bytes.toString('latin1', start, end),
      '"',
    )
    copied = end
  }
  parts.push(bytes.toString('utf8', copied))
  return JSON.parse(parts.join(''), unmark)
}

function unmark(_key: string, value: unknown): unknown {
  const marked = typeof value === 'string' && value.startsWith(MARK)
  return marked ? new LosslessNumber(value.slice(MARK.length)) : value
}
