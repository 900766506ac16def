import * as assert from 'uvu/assert'
import { decodeCreateTable } from '../../../../src/dialect/magnetodb/decode/create-table.ts'
import { ATTRIBUTE_DEFINITIONS_MAX } from '../../../../src/model/limits.ts'
import { finished } from '../../../../src/model/steps.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses, v1Request } from '../requests.ts'

const hash = (attribute_name: string) => ({ attribute_name, key_type: 'HASH' })
const range = (attribute_name: string) => ({ attribute_name, key_type: 'RANGE' })
const definition = (attribute_name: string, attribute_type = 'S') => ({
  attribute_name,
  attribute_type,
})
const index = (index_name: string, name: string, hashName = 'forum') => ({
  index_name,
  key_schema: [hash(hashName), range(name)],
  projection: { projection_type: 'ALL' },
})

const BODY = {
  table_name: 'Thread',
  attribute_definitions: [definition('forum'), definition('subject'), definition('last', 'N')],
  key_schema: [hash('forum'), range('subject')],
}

function decode(changes: object) {
  return finished(decodeCreateTable(v1Request({ ...BODY, ...changes }, '')))
}

test('CreateTable: hash and range key in any order', () => {
  const command = {
    table: 'Thread',
    attributeTypes: new Map([
      ['forum', 'S'],
      ['subject', 'S'],
      ['last', 'N'],
    ]),
    key: { hash: 'forum', range: 'subject' },
    localSecondaryIndexes: [],
    settings: {},
  }
  assert.equal(decode({}), command)
  assert.equal(decode({ key_schema: [range('subject'), hash('forum')] }), command)
  for (const none of [null, [], {}, '', 0]) {
    assert.equal(decode({ local_secondary_indexes: none }), command)
  }
})

test('CreateTable: only a hash key, with indexes, with other attributes', () => {
  assert.equal(decode({ key_schema: [hash('forum')] }).key, { hash: 'forum' })
  const indexes = decode({ local_secondary_indexes: [index('by_last', 'last')] })
  assert.equal(indexes.localSecondaryIndexes, [
    { name: 'by_last', hash: 'forum', range: 'last', projection: { type: 'ALL' } },
  ])
  const types = ['S', 'N', 'B', 'SS', 'NS', 'BS', 'SSM', 'SNM', 'SBM', 'NSM', 'NNM', 'NBM']
  for (const type of [...types, 'BSM', 'BNM', 'BBM', 'M', 'L', 'BOOL', 'NULL']) {
    const attribute_definitions = [...BODY.attribute_definitions, definition('constructor', type)]
    assert.is(decode({ attribute_definitions }).attributeTypes.get('constructor'), type)
  }
})

test('CreateTable: of two definitions of one attribute the last wins', () => {
  const attribute_definitions = [...BODY.attribute_definitions, definition('forum', 'B')]
  assert.is(decode({ attribute_definitions }).attributeTypes.get('forum'), 'B')
})

const UNIQUE = 'Table and its indices must have unique key schema'
const REFUSED: readonly (readonly [changes: object, message: string])[] = [
  [{ table_name: null }, MISSING('table name')],
  [{ table_name: 1 }, "Wrong 'table name' type. String is expected, but 1 found"],
  [{ table_name: 'ab' }, "Wrong table name 'ab' found"],
  [{ table_name: 'spaces are bad' }, "Wrong table name 'spaces are bad' found"],
  [{ attribute_definitions: null }, MISSING('attribute_definitions')],
  [
    { attribute_definitions: {} },
    "Wrong 'attribute_definitions' type. List is expected, but {} found",
  ],
  [
    { attribute_definitions: [1] },
    "Wrong 'attribute_definitions' type. List of Objects is expected, but [1] found",
  ],
  [{ attribute_definitions: [{}] }, MISSING('attribute name')],
  [{ attribute_definitions: [{ attribute_name: 'a' }] }, MISSING('attribute_type')],
  [{ attribute_definitions: [definition('a b')] }, "Wrong attribute name 'a b' found"],
  [{ attribute_definitions: [definition('a', 'KK')] }, "Attribute type 'KK' is not recognized"],
  [
    { attribute_definitions: [{ ...definition('a'), x: 1 }] },
    `Unexpected properties were found for 'attribute_definition': {"x": 1}`,
  ],
  [{ key_schema: null }, MISSING('key_schema')],
  [{ key_schema: [] }, 'HASH key is missing'],
  [{ x: 1 }, `Unexpected properties were found for 'body': {"x": 1}`],
  [{ key_schema: [hash('none')] }, "Definition for attribute['none'] wasn't found"],
  [
    { key_schema: [hash('forum'), range('toString')] },
    "Definition for attribute['toString'] wasn't found",
  ],
  [{ key_schema: [hash('forum'), range('forum')] }, UNIQUE],
  [
    { attribute_definitions: [definition('forum', 'SS'), definition('subject')] },
    "Type 'SS' is not a scalar type",
  ],
  [
    { attribute_definitions: [definition('forum'), definition('subject', 'SNM')] },
    "Type 'SNM' is not a scalar type",
  ],
  [
    { key_schema: [hash('forum')], local_secondary_indexes: [index('by_last', 'last')] },
    'Table without range key in primary key schema can not have indices',
  ],
  [{ local_secondary_indexes: [index('by_last', 'subject')] }, UNIQUE],
  [{ local_secondary_indexes: [index('a.1', 'last'), index('a.2', 'last')] }, UNIQUE],
  [
    { local_secondary_indexes: [index('by_none', 'none')] },
    "Definition for attribute['none'] wasn't found",
  ],
  [
    { local_secondary_indexes: [index('by_last', 'last', 'subject')] },
    "Hash key of index 'by_last' must be the same as primary key's hash key.",
  ],
  [
    {
      attribute_definitions: [definition('forum'), definition('subject'), definition('last', 'L')],
      local_secondary_indexes: [index('by_last', 'last')],
    },
    "Type 'L' is not a scalar type",
  ],
  // Of several errors, the first in the order of the checks is reported.
  [{ key_schema: [hash('none')], x: 1 }, `Unexpected properties were found for 'body': {"x": 1}`],
  [{ key_schema: [], table_name: 'a' }, "Wrong table name 'a' found"],
  [{ key_schema: [hash('forum'), range('forum')], x: 1 }, UNIQUE],
]

test('CreateTable: an invalid body is refused with its reason', () => {
  for (const [changes, message] of REFUSED) refuses(() => decode(changes), message)
})

test('CreateTable: more than 1,000 attribute definitions are refused', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => definition(`a${i}`))
  decode({ attribute_definitions: many(ATTRIBUTE_DEFINITIONS_MAX), key_schema: [hash('a1')] })
  refuses(
    () => decode({ attribute_definitions: many(ATTRIBUTE_DEFINITIONS_MAX + 1) }),
    `'attribute_definitions' names more than ${ATTRIBUTE_DEFINITIONS_MAX} attributes`,
  )
})

test.run()
