import * as assert from 'uvu/assert'
import { decodeLocalIndexes } from '../../../../src/dialect/magnetodb/decode/local-indexes.ts'
import {
  LOCAL_SECONDARY_INDEXES_MAX,
  NON_KEY_ATTRIBUTES_MAX,
} from '../../../../src/model/limits.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses } from '../requests.ts'

const KEY_SCHEMA = [
  { attribute_name: 'h', key_type: 'HASH' },
  { attribute_name: 'r', key_type: 'RANGE' },
]

function index(projection: unknown, index_name: unknown = 'abc', key_schema: unknown = KEY_SCHEMA) {
  return { index_name, key_schema, projection }
}

const PROJECTIONS: readonly (readonly [json: object, projection: object])[] = [
  [{ projection_type: 'ALL' }, { type: 'ALL' }],
  [{ projection_type: 'KEYS_ONLY' }, { type: 'KEYS_ONLY' }],
  [{}, { type: 'ALL' }],
  [{ projection_type: 'INCLUDE' }, { type: 'ALL' }],
  [{ projection_type: 'INCLUDE', non_key_attributes: null }, { type: 'ALL' }],
  [{ projection_type: 'INCLUDE', non_key_attributes: [] }, { type: 'KEYS_ONLY' }],
  [
    { non_key_attributes: ['b', 'constructor', 'b'] },
    { type: 'INCLUDE', nonKeyAttributes: ['b', 'constructor'] },
  ],
]

test('local_secondary_indexes: every projection is decoded', () => {
  for (const [json, projection] of PROJECTIONS) {
    const decoded = [{ name: 'abc', hash: 'h', range: 'r', projection }]
    assert.equal(decodeLocalIndexes([index(json)]), decoded)
  }
})

const ALL = { projection_type: 'ALL' }
const REFUSED: readonly (readonly [indexes: unknown, message: string])[] = [
  ['x', `Wrong 'local_secondary_indexes' type. List is expected, but "x" found`],
  [[1], "Wrong 'local_secondary_indexes' type. List of Objects is expected, but [1] found"],
  [[{}], MISSING('key_schema')],
  [[index(ALL, 'abc', KEY_SCHEMA.slice(0, 1))], "Range key in index wasn't specified"],
  [[index(ALL, 'abc', KEY_SCHEMA.slice(1))], 'HASH key is missing'],
  [[index(ALL, null)], MISSING('index name')],
  [[index(ALL, 'ab')], "Wrong index name 'ab' found"],
  [[index(null)], MISSING('projection')],
  [[index('ALL')], `Wrong 'projection' type. Object is expected, but "ALL" found`],
  [
    [{ ...index(ALL), projection_type: 'ALL' }],
    `Unexpected properties were found for 'local_secondary_index': {"projection_type": "ALL"}`,
  ],
  [
    [index({ projection_type: 'X' })],
    "Only 'ALL', 'KEYS_ONLY' of 'INCLUDE' projection types are allowed, but 'X' is found",
  ],
  [
    [index({ projection_type: 1 })],
    "Only 'ALL', 'KEYS_ONLY' of 'INCLUDE' projection types are allowed, but '1' is found",
  ],
  [
    [index({ projection_type: 'ALL', non_key_attributes: ['a'] })],
    `Unexpected properties were found for 'projection': {"non_key_attributes": ["a"]}`,
  ],
  [
    [index({ non_key_attributes: [], x: 1 })],
    `Unexpected properties were found for 'projection': {"x": 1}`,
  ],
  [
    [index({ non_key_attributes: 'a' })],
    `Wrong 'non_key_attributes' type. List is expected, but "a" found`,
  ],
  [[index({ non_key_attributes: [''] })], "Wrong attribute name '' found"],
  [[index(ALL), index(ALL)], 'Two or more indexes with the same name'],
]

test('local_secondary_indexes: an invalid index is refused with its reason', () => {
  for (const [indexes, message] of REFUSED) {
    refuses(() => decodeLocalIndexes(indexes), message)
  }
})

test('local_secondary_indexes: over 5, or 100 non-key attributes, are refused', () => {
  const many = Array.from({ length: LOCAL_SECONDARY_INDEXES_MAX + 1 }, (_, i) =>
    index(ALL, `i.${i}`),
  )
  assert.is(decodeLocalIndexes(many.slice(1)).length, LOCAL_SECONDARY_INDEXES_MAX)
  refuses(() => decodeLocalIndexes(many), "'local_secondary_indexes' holds more than 5 indexes")
  const names = Array.from({ length: NON_KEY_ATTRIBUTES_MAX }, (_, i) => `a${i}`)
  const large = index({ non_key_attributes: names }, 'i.1')
  decodeLocalIndexes([large])
  refuses(
    () => decodeLocalIndexes([large, index({ non_key_attributes: ['b'] }, 'i.2')]),
    `The indexes of a table name at most ${NON_KEY_ATTRIBUTES_MAX} 'non_key_attributes'`,
  )
})

test.run()
