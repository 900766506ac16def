import type { Item } from '../../src/model/attribute-value.ts'
import type { Seeded } from '../seeded.ts'
import { item, type ShortValue } from './short-items.ts'

/** An item of `WITH_INDEXES` with one of few keys, and some or all of the indexed attributes. */
export function randomIndexedItem(random: Seeded): Item {
  const attributes: Record<string, ShortValue> = { h: random.pick(['a', 'b']), r: random.below(6) }
  if (random.below(3) > 0) attributes.text = random.pick(['a', 'a\0', 'ab', 'é', '\u{10000}'])
  if (random.below(3) > 0) attributes.number = random.below(5) - 2
  if (random.below(3) > 0) attributes.binary = Buffer.from(random.pick([[0], [0, 0], [255], [1]]))
  if (random.below(2) > 0) attributes.extra = random.below(100)
  if (random.below(2) > 0) attributes.other = 'x'.repeat(random.below(20))
  return item(attributes)
}
