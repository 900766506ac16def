import {
  NUMBER_DIGITS_MAX,
  NUMBER_EXPONENT_MAX,
  NUMBER_EXPONENT_MIN,
  NUMBER_TEXT_LENGTH_MAX,
} from './limits.ts'

/**
 * DynamoDB's numbers: exact, up to 38 significant digits, magnitude 1E-130 to 9.99…E+125.
 * A number is represented by its canonical text: no exponent, no leading zeros, no trailing zeros
 * in the fraction, no `-0`. Equal numbers have equal texts.
 */
export type NumberText = string

/** The number `±d.ddd × 10^exponent`. `digits` neither begins nor ends with a zero, and is empty
 * for the number 0. */
export interface Decimal {
  readonly negative: boolean
  readonly digits: string
  readonly exponent: number
}

/** In this order: the text is too long, or has no decimal form; it has too many significant
 * digits; its magnitude is too large, or too small. */
export type NumberFault = 'length' | 'format' | 'digits' | 'overflow' | 'underflow'

export class NumberFormatError extends Error {
  override readonly name = 'NumberFormatError'
  readonly fault: NumberFault

  constructor(fault: NumberFault) {
    super(fault)
    this.fault = fault
  }
}

const CANONICAL_INTEGER = /^(?:0|-?[1-9][0-9]{0,37})$/
const NUMBER = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/

/** The canonical text of a decimal number. @throws NumberFormatError */
export function canonicalNumber(text: string): NumberText {
  if (CANONICAL_INTEGER.test(text)) return text
  return formatDecimal(parseDecimal(text))
}

/** Parses a number's text. Checks digits and range before any arithmetic. */
export function parseDecimal(text: string): Decimal {
  if (text.length > NUMBER_TEXT_LENGTH_MAX) throw new NumberFormatError('length')
  const match = NUMBER.exec(text)
  const whole = match?.[2] ?? ''
  const fraction = match?.[3] ?? ''
  if (!match || whole.length + fraction.length === 0) throw new NumberFormatError('format')
  const exponent = match[4] === undefined ? 0 : Number(match[4])
  return decimalOf(match[1] === '-', whole + fraction, whole.length - 1 + exponent)
}

/** `digits` may begin and end with zeros; `exponent` belongs to the first digit. */
function decimalOf(negative: boolean, digits: string, exponent: number): Decimal {
  let start = 0
  while (start < digits.length && digits[start] === '0') start++
  if (start === digits.length) return { negative: false, digits: '', exponent: 0 }
  let end = digits.length
  while (digits[end - 1] === '0') end--
  const scale = exponent - start
  if (end - start > NUMBER_DIGITS_MAX) throw new NumberFormatError('digits')
  if (scale > NUMBER_EXPONENT_MAX) throw new NumberFormatError('overflow')
  if (scale < NUMBER_EXPONENT_MIN) throw new NumberFormatError('underflow')
  return { negative, digits: digits.slice(start, end), exponent: scale }
}

function formatDecimal({ negative, digits, exponent }: Decimal): NumberText {
  if (digits === '') return '0'
  const sign = negative ? '-' : ''
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0')
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/** Compares canonical texts, for `Array.prototype.sort`. */
export function compareNumbers(a: NumberText, b: NumberText): number {
  if (a === b) return 0
  const negativeA = a.startsWith('-')
  const negativeB = b.startsWith('-')
  if (negativeA !== negativeB) return negativeA ? -1 : 1
  return negativeA ? -compareMagnitudes(a, b) : compareMagnitudes(a, b)
}

/** Compares canonical texts without sign: a longer whole part is larger; else by text order. */
function compareMagnitudes(a: string, b: string): number {
  const wholeDifference = wholeLength(a) - wholeLength(b)
  if (wholeDifference !== 0) return wholeDifference
  return a < b ? -1 : 1
}

function wholeLength(text: string): number {
  const point = text.indexOf('.')
  return point < 0 ? text.length : point
}

/** The exact sum. @throws NumberFormatError if a number cannot represent it */
export function addNumbers(a: NumberText, b: NumberText): NumberText {
  const left = parseDecimal(a)
  const right = parseDecimal(b)
  if (left.digits === '') return b
  if (right.digits === '') return a
  const unit = Math.min(unitExponent(left), unitExponent(right))
  const sum = scaled(left, unit) + scaled(right, unit)
  const negative = sum < 0n
  const digits = (negative ? -sum : sum).toString()
  return formatDecimal(decimalOf(negative, digits, unit + digits.length - 1))
}

export function negated(text: NumberText): NumberText {
  if (text === '0') return text
  return text.startsWith('-') ? text.slice(1) : `-${text}`
}

/** The exponent of the last digit. */
function unitExponent(decimal: Decimal): number {
  return decimal.exponent - decimal.digits.length + 1
}

function scaled(decimal: Decimal, unit: number): bigint {
  const magnitude = BigInt(decimal.digits) * 10n ** BigInt(unitExponent(decimal) - unit)
  return decimal.negative ? -magnitude : magnitude
}

const ZERO = 0x30
const NINE = 0x39

/** The size of a canonical text by DynamoDB's rule: a byte per two significant digits, one more,
 * and one for a negative sign. */
export function numberSizeBytes(text: NumberText): number {
  let digits = 0
  let significant = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < ZERO || code > NINE) continue
    if (digits > 0 || code !== ZERO) digits++
    if (code !== ZERO) significant = digits
  }
  return Math.ceil(significant / 2) + 1 + (text.startsWith('-') ? 1 : 0)
}
