import * as assert from 'uvu/assert'
import type { JsonObject } from '../../../../src/dialect/json-object.ts'
import { decodeSelection } from '../../../../src/dialect/magnetodb/decode/select.ts'
import { pathOf } from '../../../../src/expression/path.ts'
import { test } from '../../../support/suite.ts'
import { refuses } from '../requests.ts'

function decode(body: JsonObject) {
  return decodeSelection(body, 'ALL_ATTRIBUTES')
}

const SELECTIONS: readonly (readonly [body: JsonObject, selection: object])[] = [
  [{}, { select: 'ALL_ATTRIBUTES' }],
  [{ select: 'COUNT' }, { select: 'COUNT' }],
  [{ select: 'ALL_PROJECTED_ATTRIBUTES' }, { select: 'ALL_PROJECTED_ATTRIBUTES' }],
  [{ attributes_to_get: ['a'] }, { select: 'SPECIFIC_ATTRIBUTES', paths: [pathOf('a')] }],
  [
    { select: 'SPECIFIC_ATTRIBUTES', attributes_to_get: ['a'] },
    { select: 'SPECIFIC_ATTRIBUTES', paths: [pathOf('a')] },
  ],
  // Without names, all attributes are returned.
  [{ select: 'SPECIFIC_ATTRIBUTES' }, { select: 'SPECIFIC_ATTRIBUTES' }],
  [{ select: 'SPECIFIC_ATTRIBUTES', attributes_to_get: [] }, { select: 'SPECIFIC_ATTRIBUTES' }],
]

test('select and attributes_to_get together define what is returned', () => {
  for (const [body, selection] of SELECTIONS) assert.equal(decode(body), selection)
})

const LIST_UNEXPECTED = "Attribute list is only expected with select_type 'SPECIFIC_ATTRIBUTES'"
const REFUSED: readonly (readonly [body: JsonObject, message: string])[] = [
  [{ select: 'ALL' }, "Select type 'ALL' isn't allowed"],
  [{ select: 1 }, "Wrong 'select' type. String is expected, but 1 found"],
  [{ select: 'X', attributes_to_get: ['a'] }, "Select type 'X' isn't allowed"],
  [{ select: 'COUNT', attributes_to_get: ['a'] }, LIST_UNEXPECTED],
  [{ select: 'ALL_ATTRIBUTES', attributes_to_get: [] }, LIST_UNEXPECTED],
  [{ attributes_to_get: [] }, LIST_UNEXPECTED],
  [{ attributes_to_get: {} }, "Wrong 'attributes_to_get' type. List is expected, but {} found"],
]

test('select: an invalid value is refused with its reason', () => {
  for (const [body, message] of REFUSED) refuses(() => decode(body), message)
})

test.run()
