import * as assert from 'uvu/assert'
import {
  encodedEntryOf,
  encodedItemOf,
  entryItemSizeBytes,
  entryValue,
  itemOf,
  itemValue,
} from '../../../src/engine/format/value-codec.ts'
import type { Item } from '../../../src/model/attribute-value.ts'
import { ITEM_JSON_BYTES_MAX } from '../../../src/model/limits.ts'
import { encodeItem } from '../../../src/model/typed-json.ts'
import { VALUE_BYTES_MAX } from '../../../src/storage/driver.ts'
import { seeded } from '../../seeded.ts'
import { randomItem } from '../../support/hostile/values.ts'
import { suite } from '../../support/suite.ts'

const test = suite('value codec')

/** Stored bytes (docs/adr/0002-formats.md). Never change them, only add to them. */
const VECTORS: readonly (readonly [string, Item, number, string])[] = [
  ['an empty item', new Map(), 0x10, '{}'],
  [
    'a plain item',
    new Map([
      ['h', { type: 'S', value: 'é' }],
      ['n', { type: 'N', value: '-1.5' }],
    ]),
    0x10,
    '{"h":{"S":"é"},"n":{"N":"-1.5"}}',
  ],
  [
    'an item with a typed map',
    new Map([['m', { type: 'SNM', value: [['a', '1']] }]]),
    0x11,
    '{"m":{"SNM":{"a":"1"}}}',
  ],
]
for (const [what, item, header, json] of VECTORS) {
  test(`the bytes of ${what} never change`, () => {
    const encoded = encodeItem(item)
    const stored = Buffer.concat([Buffer.of(header), Buffer.from(json)])
    assert.equal(itemValue(encoded), stored)
    assert.equal(encodedItemOf(stored), encoded)
    const entry = Buffer.concat([Buffer.of(header, 0, 6, 0x40, 1), Buffer.from(json)])
    assert.equal(entryValue(stored, 409_601), entry)
    assert.equal(encodedEntryOf(entry), encoded)
    assert.is(entryItemSizeBytes(entry), 409_601)
  })
}

test('any item decodes to what was encoded', () => {
  const random = seeded('values')
  for (let round = 0; round < 300; round++) {
    const encoded = encodeItem(randomItem(random))
    assert.equal(encodedItemOf(itemValue(encoded)), encoded)
    assert.equal(encodedEntryOf(entryValue(itemValue(encoded), round)), encoded)
    assert.is(encodeItem(itemOf(itemValue(encoded))).typedMaps, encoded.typedMaps)
  }
})

test('the longest encoded value is within the limit for drivers', () => {
  const longest = entryValue(Buffer.alloc(ITEM_JSON_BYTES_MAX), 0)
  assert.ok(longest.length <= VALUE_BYTES_MAX)
})

test('a value of an unknown format throws', () => {
  for (const header of [0x00, 0x20, 0x7b, 0xff]) {
    assert.throws(() => encodedItemOf(Buffer.of(header, 0x7b, 0x7d)), /unknown value format/)
  }
  assert.throws(() => encodedItemOf(Buffer.alloc(0)), /unknown value format/)
})

test.run()
