import { LosslessNumber } from '../../json.ts'
import { serializationError } from '../refusal.ts'
import type { Report } from './report.ts'
import type { Shape } from './shape.ts'

export interface TextLimits<T extends string = string> {
  readonly lengthMin?: number
  readonly lengthMax?: number
  /** Pattern that the whole text must match. */
  readonly pattern?: string
  readonly values?: readonly T[]
}

export function text<T extends string = string>(limits: TextLimits<T> = {}): Shape<T> {
  const { lengthMin = 0, lengthMax = Number.POSITIVE_INFINITY, pattern, values } = limits
  const whole = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`)
  return {
    read: (json) => readText(json) as T,
    check(value, at, report) {
      if (whole && value !== '' && !whole.test(value)) {
        report.add(value, at, `Member must satisfy regular expression pattern: ${pattern}`)
      }
      if (value.length < lengthMin) {
        report.add(value, at, `Member must have length greater than or equal to ${lengthMin}`)
      }
      if (value.length > lengthMax) {
        report.add(value, at, `Member must have length less than or equal to ${lengthMax}`)
      }
      if (values && !values.includes(value)) {
        report.add(value, at, `Member must satisfy enum value set: [${values.join(', ')}]`)
      }
    },
  }
}

export function readText(json: unknown): string {
  if (typeof json === 'string') return json
  throw unexpected(json, 'String')
}

export interface IntegerLimits {
  readonly min?: number
  readonly max?: number
  /** Name for messages that do not quote the value. */
  readonly plainName?: string
  /** Whether more than 32 bits are allowed. */
  readonly isLong?: true
}

/** The smallest magnitude that exceeds 32 bits. */
const INTEGER_END = 2 ** 31

/** Truncates fractions. */
export function integer({ min, max, plainName, isLong }: IntegerLimits = {}): Shape<number> {
  const tell = (report: Report, value: number, at: string, constraint: string): void => {
    if (plainName === undefined) report.add(value, at, constraint)
    else report.addPlain(plainName, constraint)
  }
  return {
    read(json) {
      const number = json instanceof LosslessNumber ? Number(json.text) : json
      if (typeof number !== 'number') throw unexpected(json, 'Integer')
      if (!isLong && Math.abs(number) >= INTEGER_END) throw unexpected(json, 'Integer')
      return Math.trunc(number) + 0
    },
    check(value, at, report) {
      if (min !== undefined && value < min) {
        tell(report, value, at, `Member must have value greater than or equal to ${min}`)
      }
      if (max !== undefined && value > max) {
        tell(report, value, at, `Member must have value less than or equal to ${max}`)
      }
    },
  }
}

export const flag: Shape<boolean> = { read: readFlag }

export function readFlag(json: unknown): boolean {
  if (typeof json === 'boolean') return json
  if (typeof json === 'string') throw serializationError('Unexpected token received from parser')
  throw unexpected(json, 'Boolean')
}

/** Refuses a JSON value of another type than expected. */
export function unexpected(json: unknown, expected: string) {
  if (Array.isArray(json)) {
    return serializationError(`Unrecognized collection type class java.lang.${expected}`)
  }
  if (typeof json === 'object' && !(json instanceof LosslessNumber)) {
    return serializationError('Start of structure or map found where not expected')
  }
  return serializationError(`${tokenOf(json)} cannot be converted to ${expected}`)
}

function tokenOf(json: unknown): string {
  if (json instanceof LosslessNumber) {
    return /^-?\d+$/.test(json.text) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
  }
  if (typeof json === 'number') return 'NUMBER_VALUE'
  if (typeof json === 'string') return 'STRING_VALUE'
  return json === true ? 'TRUE_VALUE' : 'FALSE_VALUE'
}
