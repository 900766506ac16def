import type {
  AttributeValue,
  Item,
  Scalar,
  ScalarType,
  TypedMapEntry,
} from '../../../src/model/attribute-value.ts'
import { canonicalNumber } from '../../../src/model/number.ts'
import { sortedUnique } from '../../../src/model/scalar-order.ts'
import type { Seeded } from '../../seeded.ts'

export const HOSTILE_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '1', '-1']

export const SCALAR_TYPES: readonly ScalarType[] = ['S', 'N', 'B']
const TEXTS = ['', 'a', '"\\', '\n', 'é', '日本', '\u{10000}', '\uffff', ...HOSTILE_NAMES]

/** What values are made of. */
export interface Pool {
  readonly names: readonly string[]
  /** Elements that a set or a typed map has at least. */
  readonly elementsMin: number
  scalar(random: Seeded, type: ScalarType): Scalar
}

const HOSTILE: Pool = { names: TEXTS, elementsMin: 0, scalar: hostileScalar }

export function randomItem(random: Seeded): Item {
  const names = [...HOSTILE_NAMES, 'a', 'b.c', 'd_e', 'F-9']
  const count = random.below(names.length)
  return new Map(
    Array.from({ length: count }, () => [random.pick(names), randomValue(random, 3)] as const),
  )
}

/** A random canonical value. L and M nest up to `depth` levels. */
export function randomValue(random: Seeded, depth: number, pool = HOSTILE): AttributeValue {
  const some = <T>(make: () => T) => Array.from({ length: random.below(4) }, make)
  const inner = () => randomValue(random, depth - 1, pool)
  const flat: readonly (() => AttributeValue)[] = [
    () => randomScalar(random, pool),
    () => randomScalar(random, pool),
    () => randomSet(random, pool),
    () => randomTypedMap(random, pool),
    () => ({ type: 'BOOL', value: random.below(2) === 1 }),
    () => ({ type: 'NULL', value: true }),
  ]
  const deep: readonly (() => AttributeValue)[] = [
    () => ({ type: 'L', value: some(inner) }),
    () => ({ type: 'M', value: new Map(some(() => [random.pick(pool.names), inner()] as const)) }),
  ]
  return random.pick(depth > 0 ? [...flat, ...deep] : flat)()
}

export function randomScalar(random: Seeded, pool: Pool, type = random.pick(SCALAR_TYPES)) {
  return { type, value: pool.scalar(random, type) } as AttributeValue
}

export function randomSet(random: Seeded, pool: Pool): AttributeValue {
  const type = random.pick(SCALAR_TYPES)
  return { type: `${type}S`, value: elements(random, pool, type) }
}

function randomTypedMap(random: Seeded, pool: Pool): AttributeValue {
  const [keyType, type] = [random.pick(SCALAR_TYPES), random.pick(SCALAR_TYPES)]
  const value = elements(random, pool, keyType).map(
    (key): TypedMapEntry => [key, pool.scalar(random, type)],
  )
  return { type: `${keyType}${type}M`, value }
}

/** Ascending, none twice. */
function elements(random: Seeded, pool: Pool, type: ScalarType): readonly Scalar[] {
  const length = pool.elementsMin + random.below(4)
  return sortedUnique(
    type,
    Array.from({ length }, () => pool.scalar(random, type)),
  )
}

function hostileScalar(random: Seeded, type: ScalarType): Scalar {
  if (type === 'B') return random.bytes(random.below(5))
  if (type === 'S') return random.pick(TEXTS) + random.pick(TEXTS)
  const sign = random.pick(['', '-'])
  return canonicalNumber(`${sign}${random.below(1_000)}.${random.below(100)}e${random.below(9)}`)
}
