import { isIP } from 'node:net'

export interface ValueType<T> {
  /** The type's name in oslo.config's samples, such as `integer value`. */
  readonly name: string
  /** Description of the allowed values, which follows "must be" in a message. */
  readonly expected: string
  /** Lines of the sample, such as `Minimum value: 1`. */
  readonly sampleLines: readonly string[]
  /** Undefined if the text is not allowed. The text is not empty. */
  readonly parse: (text: string) => T | undefined
  /** The inverse of `parse`. */
  format(value: T): string
  /** The value as Python prints it, if that differs from `format`. */
  printed?(value: T): string
}

export interface Range {
  readonly min?: number
  readonly max?: number
}

/** One line of text, or text that matches `pattern`, described by `expected`. */
export function string(
  pattern: RegExp = /^\P{Cc}+$/u,
  expected = 'one line of text',
  name = 'string value',
): ValueType<string> {
  return {
    name,
    expected,
    sampleLines: [],
    parse: (text) => (pattern.test(text) ? text : undefined),
    format: (value) => value,
  }
}

export function integer(range: Range = {}): ValueType<number> {
  return number('an integer', 'integer value', /^[+-]?\d+$/, range)
}

export function float(range: Range = {}): ValueType<number> {
  const pattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
  return {
    ...number('a number', 'floating point value', pattern, range),
    printed: (value) => (Number.isInteger(value) ? `${value}.0` : String(value)),
  }
}

/** A TCP port; 0 only if `min` allows it. */
export function port(min = 1): ValueType<number> {
  return { ...integer({ min, max: 65535 }), name: 'port value' }
}

const TRUE_WORDS = ['true', '1', 'on', 'yes']
const FALSE_WORDS = ['false', '0', 'off', 'no']

/** oslo.config's words, in any case. */
export function boolean(): ValueType<boolean> {
  return {
    name: 'boolean value',
    expected: 'true or false',
    sampleLines: [],
    parse: (text) => {
      const word = text.toLowerCase()
      return TRUE_WORDS.includes(word) ? true : FALSE_WORDS.includes(word) ? false : undefined
    },
    format: String,
    printed: (value) => (value ? 'True' : 'False'),
  }
}

/** A boolean option that must stay false, for the reason `why`. */
export function alwaysFalse(why: string): ValueType<boolean> {
  const { parse, ...type } = boolean()
  return {
    ...type,
    expected: `false: ${why}`,
    parse: (text) => (parse(text) === false ? false : undefined),
  }
}

/** One of the words, case-sensitive unless `ignoresCase`. */
export function choice<const Word extends string>(
  words: readonly Word[],
  { ignoresCase = false } = {},
): ValueType<Word> {
  const formOf = (text: string) => (ignoresCase ? text.toLowerCase() : text)
  return {
    name: 'string value',
    expected: `one of ${words.join(', ')}`,
    sampleLines: [`Allowed values: ${words.join(', ')}`],
    parse: (text) => words.find((word) => formOf(word) === formOf(text)),
    format: (value) => value,
  }
}

/** One or more values separated by commas. A trailing comma is ignored, as in oslo.config. */
export function list<T>(item: ValueType<T>): ValueType<readonly T[]> {
  return {
    name: 'list value',
    expected: `a comma-separated list, each ${item.expected}`,
    sampleLines: [],
    parse: (text) => {
      const values: T[] = []
      for (const part of text.trim().replace(/,+$/, '').split(',')) {
        const value = part.trim() === '' ? undefined : item.parse(part.trim())
        if (value === undefined) return undefined
        values.push(value)
      }
      return Object.freeze(values)
    },
    format: (values) => values.map((value) => item.format(value)).join(','),
  }
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/i

/** An IPv4 or IPv6 address without brackets, or a host name. */
export function host(): ValueType<string> {
  return {
    ...string(),
    name: 'host address value',
    expected: 'an IP address or a host name',
    parse: (text) => (isHost(text) ? text : undefined),
  }
}

function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true
  // Digits and dots alone are a mistyped address.
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text)
}

/** An http or https URL without user, query or fragment. A trailing `/` is removed. */
export function url(): ValueType<string> {
  return {
    ...string(),
    name: 'URI value',
    expected: 'an http:// or https:// URL without user, query or fragment',
    parse: (text) =>
      // Printable ASCII without quotes, since such a URL goes into response headers.
      /^https?:\/\/[!#-~]+$/i.test(text) && URL.canParse(text) && !/[@?#]/.test(text)
        ? text.replace(/\/+$/, '')
        : undefined,
  }
}

const BYTES_PER_UNIT = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const
type SizeUnit = keyof typeof BYTES_PER_UNIT

/** Bytes as an integer with an optional K, M, G or T (powers of 1024). */
export function byteSize(range: Range = {}): ValueType<number> {
  const spelling = 'a number of bytes with an optional K, M, G or T'
  return {
    ...number(spelling, 'size value', /^\d+$/, range, formatBytes),
    parse: (text) => {
      const match = /^(\d+) ?([KMGT]?)i?B?$/i.exec(text)
      if (match === null) return undefined
      const unit = (match[2] ?? '').toUpperCase() as SizeUnit
      return within(Number(match[1]) * BYTES_PER_UNIT[unit], range)
    },
    format: formatBytes,
  }
}

function formatBytes(bytes: number): string {
  const units = ['T', 'G', 'M', 'K'] as const
  const unit = units.find((name) => bytes % BYTES_PER_UNIT[name] === 0) ?? ''
  return `${bytes / BYTES_PER_UNIT[unit]}${unit}`
}

function number(
  noun: string,
  name: string,
  pattern: RegExp,
  range: Range,
  format: (value: number) => string = String,
): ValueType<number> {
  const { min, max } = range
  return {
    name,
    expected: noun + rangeWords(range, format),
    sampleLines: [
      ...(min === undefined ? [] : [`Minimum value: ${format(min)}`]),
      ...(max === undefined ? [] : [`Maximum value: ${format(max)}`]),
    ],
    parse: (text) => (pattern.test(text.trim()) ? within(Number(text), range) : undefined),
    format,
  }
}

function rangeWords({ min, max }: Range, format: (value: number) => string): string {
  if (min !== undefined && max !== undefined) return ` from ${format(min)} to ${format(max)}`
  if (min !== undefined) return `, at least ${format(min)}`
  return max === undefined ? '' : `, at most ${format(max)}`
}

function within(value: number, { min = -Infinity, max = Infinity }: Range): number | undefined {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER && value >= min && value <= max
    ? value
    : undefined
}
