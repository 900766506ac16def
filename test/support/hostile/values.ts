import type {
  AttributeValue,
  Item,
  Scalar,
  ScalarType,
  TypedMapEntry,
  TypedMapType,
} from '../../../src/model/attribute-value.ts'
import { scalarsEqual } from '../../../src/model/attribute-value.ts'
import { canonicalNumber } from '../../../src/model/number.ts'
import { compareScalars } from '../../../src/model/scalar-order.ts'
import type { Seeded } from '../../seeded.ts'

export const HOSTILE_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '1', '-1']

const SCALAR_TYPES: readonly ScalarType[] = ['S', 'N', 'B']
const TEXTS = ['', 'a', '"\\', '\n', 'é', '日本', '\u{10000}', '\uffff', ...HOSTILE_NAMES]

export function randomItem(random: Seeded): Item {
  const names = [...HOSTILE_NAMES, 'a', 'b.c', 'd_e', 'F-9']
  const count = random.below(names.length)
  return new Map(
    Array.from({ length: count }, () => [random.pick(names), randomValue(random, 3)] as const),
  )
}

/** A random canonical value. L and M nest up to `depth` levels. */
export function randomValue(random: Seeded, depth: number): AttributeValue {
  const type = random.pick(SCALAR_TYPES)
  const some = <T>(make: () => T) => Array.from({ length: random.below(4) }, make)
  const inner = () => randomValue(random, depth - 1)
  const scalar = () => ({ type, value: randomScalar(random, type) }) as AttributeValue
  const flat: readonly (() => AttributeValue)[] = [
    scalar,
    scalar,
    () => ({ type: `${type}S`, value: distinctScalars(random, type) }),
    () => randomTypedMap(random, type),
    () => ({ type: 'BOOL', value: random.below(2) === 1 }),
    () => ({ type: 'NULL', value: true }),
  ]
  const deep: readonly (() => AttributeValue)[] = [
    () => ({ type: 'L', value: some(inner) }),
    () => ({ type: 'M', value: new Map(some(() => [random.pick(TEXTS), inner()] as const)) }),
  ]
  return random.pick(depth > 0 ? [...flat, ...deep] : flat)()
}

function randomTypedMap(random: Seeded, keyType: ScalarType): AttributeValue {
  const valueType = random.pick(SCALAR_TYPES)
  const type: TypedMapType = `${keyType}${valueType}M`
  const value = distinctScalars(random, keyType).map(
    (key): TypedMapEntry => [key, randomScalar(random, valueType)],
  )
  return { type, value }
}

/** In ascending order. */
function distinctScalars(random: Seeded, type: ScalarType): Scalar[] {
  return Array.from({ length: random.below(6) }, () => randomScalar(random, type))
    .sort((a, b) => compareScalars(type, a, b))
    .filter((scalar, i, all) => i === 0 || !scalarsEqual(all[i - 1] as Scalar, scalar))
}

function randomScalar(random: Seeded, type: ScalarType): Scalar {
  if (type === 'B') return random.bytes(random.below(5))
  if (type === 'S') return random.pick(TEXTS) + random.pick(TEXTS)
  const sign = random.pick(['', '-'])
  return canonicalNumber(`${sign}${random.below(1_000)}.${random.below(100)}e${random.below(9)}`)
}
