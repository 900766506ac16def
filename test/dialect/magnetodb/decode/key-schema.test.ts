import { decodeKeySchema } from '../../../../src/dialect/magnetodb/decode/key-schema.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses } from '../requests.ts'

const key = (key_type: unknown, attribute_name: unknown = 'a') => ({ attribute_name, key_type })

const REFUSED: readonly (readonly [schema: unknown, message: string])[] = [
  [undefined, MISSING('key_schema')],
  [{}, "Wrong 'key_schema' type. List is expected, but {} found"],
  [['a'], `Wrong 'key_schema' type. List of Objects is expected, but ["a"] found`],
  [[], 'HASH key is missing'],
  [[key('RANGE')], 'HASH key is missing'],
  [[key('HASH'), key('HASH', 'b')], "Only one 'HASH' key is allowed"],
  [[key('HASH'), key('RANGE', 'b'), key('RANGE', 'c')], "Only one 'RANGE' key is allowed"],
  [[key('HASH'), key('X', 'b')], "Only 'RANGE' or 'HASH' key types are allowed, but 'X' is found"],
  [[key(undefined)], MISSING('key_type')],
  [[key(1)], "Wrong 'key_type' type. String is expected, but 1 found"],
  [[key('HASH', 5)], "Wrong 'attribute name' type. String is expected, but 5 found"],
  [[key('HASH', null)], MISSING('attribute name')],
  [[key('HASH', '')], "Wrong attribute name '' found"],
  [
    [{ ...key('HASH'), constructor: 1 }],
    `Unexpected properties were found for 'key_definition': {"constructor": 1}`,
  ],
]

test('key_schema: an invalid schema is refused with its reason', () => {
  for (const [schema, message] of REFUSED) refuses(() => decodeKeySchema(schema), message)
})

test.run()
