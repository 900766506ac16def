import type { AttributeValue, Item } from '../../src/model/attribute-value.ts'
import { canonicalNumber } from '../../src/model/number.ts'
import { type EncodedItem, encodeItem, readItem } from '../../src/model/typed-json.ts'

/** Text is S, a number N, a buffer B; all other values are written in full. */
export type ShortValue = string | number | Buffer | AttributeValue

export function value(short: ShortValue): AttributeValue {
  if (typeof short === 'string') return { type: 'S', value: short }
  if (typeof short === 'number') return { type: 'N', value: canonicalNumber(String(short)) }
  return Buffer.isBuffer(short) ? { type: 'B', value: short } : short
}

export function item(attributes: Readonly<Record<string, ShortValue>>): Item {
  return new Map(Object.entries(attributes).map(([name, short]) => [name, value(short)]))
}

/** An item as text, which does not depend on the order of its attributes. */
export function shown(shownItem: Item | EncodedItem | undefined): string {
  if (shownItem === undefined) return 'nothing'
  const read = 'json' in shownItem ? readItem(shownItem.json) : shownItem
  return encodeItem(new Map([...read].toSorted(([a], [b]) => (a < b ? -1 : 1)))).json
}

export function allShown(items: Iterable<Item | EncodedItem>): string[] {
  return Array.from(items, shown)
}

/** A set of numbers that are stored as about 120 digits each, but count as three bytes. */
export function longNumbers(count: number): AttributeValue {
  const zeros = '0'.repeat(120)
  const numbers = Array.from({ length: count }, (_, n) => `${n + 1}${zeros}`)
  return { type: 'NS', value: numbers }
}
