import * as assert from 'uvu/assert'
import { encodeAttributes, encodeFoundItem } from '../../../../src/dialect/magnetodb/encode/item.ts'
import { test } from '../../../support/suite.ts'

const ITEM = { json: '{"a":{"S":"x"}}', typedMaps: false }
const EMPTY = { json: '{}', typedMaps: false }

test('GetItem answers an absent item unlike one without the requested attributes', () => {
  assert.is(encodeFoundItem({ bytes: 0 }), '{}')
  assert.is(encodeFoundItem({ item: EMPTY, bytes: 9 }), '{"item":{}}')
  assert.is(encodeFoundItem({ item: ITEM, bytes: 9 }), '{"item":{"a":{"S":"x"}}}')
})

test('a write answers the requested attributes', () => {
  assert.is(encodeAttributes({}), '{}')
  assert.is(encodeAttributes({ attributes: EMPTY }), '{"attributes":{}}')
  assert.is(encodeAttributes({ attributes: ITEM }), '{"attributes":{"a":{"S":"x"}}}')
})

test.run()
