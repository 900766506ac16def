import type { Chooser } from './chooser.ts'
import { ATTRIBUTES, type Json, KEY_TYPES, keyNames, type TableShape } from './tables.ts'

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
const KEY_TEXTS = ['a', 'ab', 'b', 'é']
const KEY_NUMBERS = ['1', '2', '3.0', '-4', '5e0', '10']
const KEY_BYTES = ['YQ==', 'YWI=', '/w==']
const MEMBERS = ['a', 'b', 's1', 'größe']
const DEPTH_MAX = 3

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
    if (keyType !== undefined) return c.below(16_000) > 0 ? this.key(keyType) : this.#scalar()
    const type = ATTRIBUTES[attribute] ?? 'any'
    return type === 'any' || c.chance(6) ? this.any() : this.of(type)
  }

  #scalar(): Value {
    return this.of(this.#chooser.pick(['S', 'N', 'B']))
  }

  any(depth = 0): Value {
    const c = this.#chooser
    const types = ['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M']
    return this.of(c.pick(types), depth)
  }

  of(type: string, depth = 0): Value {
    const c = this.#chooser
    const inner = () => (depth < DEPTH_MAX ? this.any(depth + 1) : this.of('S'))
    return c.choose<Value>(`value of ${type}`, {
      [type]: () => {
        switch (type) {
          case 'S':
            return { S: c.pick(TEXTS) }
          case 'N':
            return { N: this.number() }
          case 'B':
            return { B: c.pick(BYTES) }
          case 'BOOL':
            return { BOOL: c.chance(50) }
          case 'NULL':
            return { NULL: true }
          case 'SS':
            return { SS: c.some(TEXTS, 1 + c.below(3)) }
          case 'NS':
            return { NS: c.some(NUMBERS.slice(0, SMALL_NUMBERS), 1 + c.below(3)) }
          case 'BS':
            return { BS: c.some(BYTES, 1 + c.below(3)) }
          case 'L':
            return { L: c.times(0, 3, inner) }
          default:
            return { M: Object.fromEntries(c.some(MEMBERS, c.below(4)).map((n) => [n, inner()])) }
        }
      },
    })
  }

  number(): string {
    const c = this.#chooser
    if (c.chance(85)) return c.pick(NUMBERS.slice(0, SMALL_NUMBERS))
    return c.pick(c.chance(5) ? LONG_NUMBERS : NUMBERS)
  }

  key(type: string): Value {
    const c = this.#chooser
    if (type === 'S') return { S: c.pick(KEY_TEXTS) }
    return type === 'N' ? { N: c.pick(KEY_NUMBERS) } : { B: c.pick(KEY_BYTES) }
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
