import type { Chooser } from './chooser.ts'
import {
  ATTRIBUTES,
  type Json,
  KEY_TYPES,
  type KeyType,
  keyNames,
  type TableShape,
} from './tables.ts'

export type Value = Json

const TEXTS = ['', 'a', 'ab', 'abc', 'b', 'B', 'é', '😀', 'S', 'N', '10', 'a b']
const NUMBERS = [
  ...['0', '1', '2', '3', '-1', '10', '0.5', '-2.5', '100'],
  ...['1.0', '01', '1e1', '-0', '+1', '3.14159', '-1e2', '12E-1'],
]
/** Sums with these usually exceed the range of digits or magnitude. */
const LONG_NUMBERS = [
  ...['1E-130', '9.9999999999999999999999999999999999999E+125'],
  ...['12345678901234567890123456789012345678', '12345678901234567890'],
]
const SMALL_NUMBERS = 9
const BYTES = ['', 'YQ==', 'YWI=', 'YWJj', 'Yg==', 'AAE=', '/w==']
/** Values of key attributes. */
const KEYS: Readonly<Record<KeyType, readonly string[]>> = {
  S: ['a', 'ab', 'b', 'é'],
  N: ['1', '2', '3.0', '-4', '5e0', '10'],
  B: ['YQ==', 'YWI=', '/w=='],
}
const MEMBERS = ['a', 'b', 's1', 'größe']
const DEPTH_MAX = 3

export const TYPES = ['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M']

/** Random values and items. */
export class Values {
  readonly #chooser: Chooser

  constructor(chooser: Chooser) {
    this.#chooser = chooser
  }

  /** Usually a value of the type that the attribute has elsewhere. */
  for(attribute: string): Value {
    const keyType = KEY_TYPES[attribute]
    const c = this.#chooser
    if (keyType !== undefined && c.below(16_000) > 0) return this.key(keyType)
    if (keyType !== undefined) return this.of(c.pick(['S', 'N', 'B']))
    const type = ATTRIBUTES[attribute] ?? 'any'
    return type === 'any' || c.chance(6) ? this.any() : this.of(type)
  }

  any(depth = 0): Value {
    return this.of(this.#chooser.pick(TYPES), depth)
  }

  of(type: string, depth = 0): Value {
    const c = this.#chooser
    const inner = () => (depth < DEPTH_MAX ? this.any(depth + 1) : this.of('S'))
    const contents: Readonly<Record<string, () => unknown>> = {
      S: () => c.pick(TEXTS),
      N: () => this.number(),
      B: () => c.pick(BYTES),
      BOOL: () => c.chance(50),
      NULL: () => true,
      SS: () => c.some(TEXTS, 1 + c.below(3)),
      NS: () => c.some(NUMBERS.slice(0, SMALL_NUMBERS), 1 + c.below(3)),
      BS: () => c.some(BYTES, 1 + c.below(3)),
      L: () => c.times(0, 3, inner),
      M: () => Object.fromEntries(c.some(MEMBERS, c.below(4)).map((name) => [name, inner()])),
    }
    return c.choose<Value>(`value of ${type}`, { [type]: () => ({ [type]: contents[type]?.() }) })
  }

  number(): string {
    const c = this.#chooser
    if (c.chance(85)) return c.pick(NUMBERS.slice(0, SMALL_NUMBERS))
    return c.pick(c.chance(5) ? LONG_NUMBERS : NUMBERS)
  }

  key(type: KeyType): Value {
    return { [type]: this.#chooser.pick(KEYS[type]) }
  }

  keyOf(table: TableShape): Json {
    return this.attributes(keyNames(table))
  }

  item(table: TableShape): Json {
    const c = this.#chooser
    const indexed = table.indexes.map(({ range }) => range).filter(() => c.chance(70))
    const others = c.some(Object.keys(ATTRIBUTES), 2 + c.below(10))
    return { ...this.keyOf(table), ...this.attributes([...indexed, ...others]) }
  }

  attributes(names: readonly string[]): Json {
    return Object.fromEntries(names.map((name) => [name, this.for(name)]))
  }
}
