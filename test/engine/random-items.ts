import type { Item, ScalarType, ScalarValue } from '../../src/model/attribute-value.ts'
import { canonicalNumber } from '../../src/model/number.ts'
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

const TEXT_UNITS = [...'\0\u0001ab\u007fé\ud7ff\ue000\uffff\u{10000}']
const BYTES = [0x00, 0x01, 0x02, 0x7f, 0xfe, 0xff]
const EXPONENTS = ['', 'e1', 'e2', 'e-1', 'e-2', 'e-130', 'e88', 'e-40', 'e7']

/** Key values with common prefixes and with the bytes that are special in the encoding. */
export function randomKey(random: Seeded, type: ScalarType): ScalarValue {
  const length = 1 + random.below(4)
  switch (type) {
    case 'S':
      return { type, value: Array.from({ length }, () => random.pick(TEXT_UNITS)).join('') }
    case 'B':
      return { type, value: Buffer.from(Array.from({ length }, () => random.pick(BYTES))) }
    case 'N': {
      const digits = Array.from({ length }, () => random.pick(['0', '1', '2', '9'])).join('')
      const sign = random.pick(['', '-'])
      return { type, value: canonicalNumber(`${sign}${digits}${random.pick(EXPONENTS)}`) }
    }
  }
}
