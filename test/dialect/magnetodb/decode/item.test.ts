import * as assert from 'uvu/assert'
import { decodeItem } from '../../../../src/dialect/magnetodb/decode/item.ts'
import { requireBody } from '../../../../src/dialect/magnetodb/properties.ts'
import { valuesEqual } from '../../../../src/model/attribute-value.ts'
import { finished } from '../../../../src/model/steps.ts'
import { encodeItem } from '../../../../src/model/typed-json.ts'
import { seeded } from '../../../seeded.ts'
import { HOSTILE_NAMES, randomItem } from '../../../support/hostile/values.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses, v1Request } from '../requests.ts'

function decode(item: string) {
  return finished(decodeItem(finished(requireBody(v1Request(item))), 'item'))
}

test('an item that can be returned can be sent', () => {
  const random = seeded('item codec')
  for (let i = 0; i < 2_000; i++) {
    const item = randomItem(random)
    const { json } = encodeItem(item)
    const decoded = decode(json)
    assert.equal([...decoded.keys()].sort(), [...item.keys()].sort())
    for (const [name, value] of item) {
      const other = decoded.get(name)
      assert.ok(other && valuesEqual(value, other), json)
    }
  }
})

test('names that every JavaScript object has are ordinary attribute names', () => {
  for (const name of HOSTILE_NAMES) {
    const item = decode(`{"${name}": {"S": "x"}}`)
    assert.is(item.size, 1)
    assert.equal(item.get(name), { type: 'S', value: 'x' })
  }
  assert.is(decode('{}').get('constructor'), undefined)
})

const REFUSED: readonly (readonly [item: string, message: string])[] = [
  ['{"": {"S": "x"}}', "Wrong attribute name '' found"],
  ['{"a b": {"S": "x"}}', "Wrong attribute name 'a b' found"],
  ['{"a": null}', MISSING('a')],
  ['{"a": "x"}', `Wrong 'a' type. Object is expected, but "x" found`],
  ['{"a": [{"S": "x"}]}', `Wrong 'a' type. Object is expected, but [{"S": "x"}] found`],
  ['{"a": {}}', "Can't recognize attribute typed value format: '{}'"],
  ['{"a": {"KK": "x"}}', "Attribute type 'KK' is not recognized"],
  ['{"a": {"toString": "x"}}', "Attribute type 'toString' is not recognized"],
]

test('an invalid item is refused with its reason', () => {
  for (const [item, message] of REFUSED) refuses(() => decode(item), message)
  refuses(() => finished(decodeItem(undefined, 'key')), MISSING('key'))
  refuses(
    () => finished(decodeItem('x', 'key')),
    `Wrong 'key' type. Object is expected, but "x" found`,
  )
})

test.run()
