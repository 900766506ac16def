import type { AttributeValue, Item, Scalar, ScalarType } from '../../src/model/attribute-value.ts'
import type { Seeded } from '../seeded.ts'
import { type Pool, randomScalar, randomSet, randomValue } from '../support/hostile/values.ts'

/** Values of all types, chosen from so few that equal ones are frequent. */

export const NAMES = ['a', 'b', '__proto__'] as const

const SCALARS: Readonly<Record<ScalarType, readonly Scalar[]>> = {
  S: ['', 'a', 'ab', 'b', '\uffff', '\u{10000}'],
  N: ['0', '1', '-1', '2', '10', '0.5'],
  B: [Buffer.alloc(0), Buffer.of(1), Buffer.of(1, 2), Buffer.of(255)],
}
const FEW: Pool = {
  names: NAMES,
  elementsMin: 1,
  scalar: (random, type) => random.pick(SCALARS[type]),
}

export function fewScalar(random: Seeded, type?: ScalarType): AttributeValue {
  return randomScalar(random, FEW, type)
}

/** @param depth levels of lists and maps that it may have */
export function fewValue(random: Seeded, depth = 2): AttributeValue {
  return randomValue(random, depth, FEW)
}

export function fewSet(random: Seeded): AttributeValue {
  return randomSet(random, FEW)
}

export function fewItem(random: Seeded, depth = 2): Item {
  const item = new Map<string, AttributeValue>([['h', { type: 'S', value: 'key' }]])
  for (const name of NAMES) if (random.below(4) > 0) item.set(name, fewValue(random, depth))
  return item
}
