import type { AttributeValue, Item, Scalar, ScalarType } from '../../src/model/attribute-value.ts'
import { sortedEntries, sortedUnique } from '../../src/model/scalar-order.ts'
import type { Seeded } from '../seeded.ts'

/** Values of all types, chosen from so few that equal ones are frequent. */

export const NAMES = ['a', 'b', '__proto__'] as const

const SCALARS: Readonly<Record<ScalarType, readonly Scalar[]>> = {
  S: ['', 'a', 'ab', 'b', '\uffff', '\u{10000}'],
  N: ['0', '1', '-1', '2', '10', '0.5'],
  B: [Buffer.alloc(0), Buffer.of(1), Buffer.of(1, 2), Buffer.of(255)],
}
const SCALAR_TYPES = ['S', 'N', 'B'] as const
const TYPED_MAPS = ['SSM', 'SNM', 'NSM', 'BSM'] as const

export function fewScalar(random: Seeded, type = random.pick(SCALAR_TYPES)): AttributeValue {
  return { type, value: random.pick(SCALARS[type]) } as AttributeValue
}

/** @param depth levels of lists and maps that it may have */
export function fewValue(random: Seeded, depth = 2): AttributeValue {
  const kind = random.below(depth > 0 ? 9 : 7)
  if (kind < 4) return fewScalar(random)
  if (kind === 4) return fewSet(random)
  if (kind === 5) return fewTypedMap(random)
  if (kind === 6) {
    return random.pick<AttributeValue>([
      { type: 'BOOL', value: true },
      { type: 'BOOL', value: false },
      { type: 'NULL', value: true },
    ])
  }
  if (kind === 7) {
    const value = Array.from({ length: random.below(4) }, () => fewValue(random, depth - 1))
    return { type: 'L', value }
  }
  const members = Array.from(
    { length: random.below(4) },
    () => [random.pick(NAMES), fewValue(random, depth - 1)] as const,
  )
  return { type: 'M', value: new Map(members) }
}

export function fewSet(random: Seeded): AttributeValue {
  const type = random.pick(SCALAR_TYPES)
  const elements = Array.from({ length: 1 + random.below(3) }, () => random.pick(SCALARS[type]))
  return { type: `${type}S`, value: sortedUnique(type, elements) }
}

function fewTypedMap(random: Seeded): AttributeValue {
  const type = random.pick(TYPED_MAPS)
  const [key, member] = [type[0] as ScalarType, type[1] as ScalarType]
  const keys = sortedUnique(
    key,
    Array.from({ length: 1 + random.below(3) }, () => random.pick(SCALARS[key])),
  )
  const entries = keys.map((each) => [each, random.pick(SCALARS[member])] as const)
  return { type, value: sortedEntries(key, entries) }
}

export function fewItem(random: Seeded, depth = 2): Item {
  const item = new Map<string, AttributeValue>([['h', { type: 'S', value: 'key' }]])
  for (const name of NAMES) if (random.below(4) > 0) item.set(name, fewValue(random, depth))
  return item
}
