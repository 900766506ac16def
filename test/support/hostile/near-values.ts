import type { ScalarType } from '../../../src/model/attribute-value.ts'
import type { Seeded } from '../../seeded.ts'
import { HOSTILE_NAMES, SCALAR_TYPES } from './values.ts'

/** Few values, so that requests address each other's items. */
const USUAL = {
  S: ['x', 'a', 'b'],
  N: ['1.5', '0', '1', '-1', '2', '3'],
  B: ['YQ==', 'AA==', '/w=='],
} as const

function base64(bytes: Buffer): string {
  return bytes.toString('base64')
}

/** Values at the limits and just beyond. */
const ODD = {
  S: [
    ...[...HOSTILE_NAMES, '', 'é', 'e\u0301', '\u0000', '\u202e', '\uffff', '\u{10ffff}'],
    ...['"; DROP TABLE x; --', '\u0000'.repeat(1024)],
    ...[1024, 1025, 2048, 2049].map((length) => 'k'.repeat(length)),
  ],
  N: [
    ...['-0', '01', '+1', '1e2', '0.1e1', '9'.repeat(38), '9'.repeat(39), `-${'9'.repeat(38)}E88`],
    ...['9.99E+125', '1E126', '1E-130', '-1E-130', '1E-131', '1e400', 'NaN', '0'.repeat(512)],
    ...[12, 2 ** 53],
  ],
  B: [
    ...[Buffer.alloc(1024), Buffer.alloc(1024, 255), Buffer.alloc(1025, 255)].map(base64),
    ...[base64(Buffer.alloc(2048, 1)), '', 'YQ', 'YR==', 'AAE=', '/////w=='],
  ],
} as const

export function nearScalar(type: ScalarType, random: Seeded): unknown {
  const actual = random.below(100) ? type : random.pick(SCALAR_TYPES)
  return { [actual]: bare(actual, random) }
}

function bare(type: ScalarType, random: Seeded): unknown {
  return random.below(24) ? random.pick<unknown>(USUAL[type]) : random.pick<unknown>(ODD[type])
}

/** A typed value of any type. */
export function nearValue(random: Seeded): unknown {
  const type = random.pick(SCALAR_TYPES)
  switch (random.below(10)) {
    case 0:
      return { [`${type}S`]: list(random, () => bare(type, random)) }
    case 1: {
      const keyType = random.pick(SCALAR_TYPES)
      const entries = list(random, () => [String(bare(keyType, random)), bare(type, random)])
      return { [`${keyType}${type}M`]: Object.fromEntries(entries as [string, unknown][]) }
    }
    case 2:
      return { L: list(random, () => nearValue(random)) }
    case 3:
      return { M: Object.fromEntries(HOSTILE_NAMES.map((name) => [name, nearValue(random)])) }
    case 4:
      return random.pick([{ NULL: true }, { BOOL: true }, { BOOL: false }])
    case 5:
      return random.below(20) ? { S: '' } : large(random)
    default:
      return nearScalar(type, random)
  }
}

function list(random: Seeded, element: () => unknown): unknown[] {
  return Array.from({ length: random.below(4) }, element)
}

/** A value of the maximum size, depth or length, or slightly above it. */
function large(random: Seeded): unknown {
  const more = random.below(3) - 1
  switch (random.below(4)) {
    case 0:
      return { S: 'x'.repeat(409_000 + 300 * more) }
    case 1:
      return JSON.parse(`${'{"L":['.repeat(32 + more)}${']}'.repeat(32 + more)}`)
    case 2:
      return { NS: Array.from({ length: 3_000 }, (_, i) => `${1 + (i % 9)}E${(i % 250) - 125}`) }
    default:
      return { SS: Array.from({ length: 20_000 }, (_, i) => `${i}`) }
  }
}
