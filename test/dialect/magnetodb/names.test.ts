import * as assert from 'uvu/assert'
import {
  decodeAttributesToGet,
  decodeUniqueAttributesToGet,
  itemTable,
  requireAttributeName,
  requireIndexName,
  requireTableName,
} from '../../../src/dialect/magnetodb/names.ts'
import { pathOf } from '../../../src/expression/path.ts'
import { ATTRIBUTES_TO_GET_MAX } from '../../../src/model/limits.ts'
import { test } from '../../support/suite.ts'
import { MISSING, refuses, v1Request } from './requests.ts'

const READERS = [
  { label: 'attribute name', read: requireAttributeName, lengthMin: 1 },
  { label: 'table name', read: requireTableName, lengthMin: 3 },
  { label: 'index name', read: requireIndexName, lengthMin: 3 },
]

test('a table name of other than letters, digits, _ . - is refused', () => {
  for (const { label, read, lengthMin } of READERS) {
    const accepted = ['aZ9', '_.-', '__proto__', 'constructor', '...', '123', 'a'.repeat(255)]
    for (const name of [...accepted, 'a'.repeat(lengthMin)]) assert.is(read(name), name)
    const refused = ['', 'a b', 'abc\u0000', 'äöü', 'a/b', "'; DROP", 'a'.repeat(256)]
    for (const name of [...refused, 'a'.repeat(lengthMin - 1)]) {
      const shown = name.replace('\u0000', '\\x00')
      refuses(() => read(name), `Wrong ${label} '${shown}' found`)
    }
    refuses(() => read(undefined), MISSING(label))
    refuses(() => read(5), `Wrong '${label}' type. String is expected, but 5 found`)
  }
})

test('an item operation on a malformed table name finds no table', () => {
  assert.is(itemTable(v1Request({}, 'abc')), 'abc')
  for (const name of ['ab', '', 'a'.repeat(256), '../x', '%2f']) {
    refuses(
      () => itemTable(v1Request({}, name)),
      `Table '${name}' does not exist`,
      'table_not_found',
    )
  }
})

test('attributes_to_get is a list of names, each returned once', () => {
  assert.equal(decodeAttributesToGet(['b', 'a', 'b']), [pathOf('b'), pathOf('a')])
  assert.is(decodeAttributesToGet([]), undefined)
  refuses(
    () => decodeAttributesToGet('a'),
    `Wrong 'attributes_to_get' type. List is expected, but "a" found`,
  )
  refuses(() => decodeAttributesToGet(['a', '']), "Wrong attribute name '' found")
  refuses(() => decodeAttributesToGet([null]), MISSING('attribute name'))
  const many = Array.from({ length: ATTRIBUTES_TO_GET_MAX + 1 }, (_, i) => `a${i}`)
  assert.equal(decodeAttributesToGet(many.slice(1)), many.slice(1).map(pathOf))
  refuses(
    () => decodeAttributesToGet(many),
    `'attributes_to_get' names more than ${ATTRIBUTES_TO_GET_MAX} attributes`,
  )
})

test('a repeated name is refused where names must be unique', () => {
  assert.equal(decodeUniqueAttributesToGet(['b', 'a']), [pathOf('b'), pathOf('a')])
  refuses(
    () => decodeUniqueAttributesToGet(['a', 'a']),
    `Wrong 'attributes_to_get' type. List of unique values is expected, but ["a", "a"] found`,
  )
})

test.run()
