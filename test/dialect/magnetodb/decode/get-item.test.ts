import * as assert from 'uvu/assert'
import { decodeGetItem } from '../../../../src/dialect/magnetodb/decode/get-item.ts'
import { pathOf } from '../../../../src/expression/path.ts'
import { finished } from '../../../../src/model/steps.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses, v1Request } from '../requests.ts'

const key = { id: { N: 1 } }
const decoded = new Map([['id', { type: 'N', value: '1' }]])

function decode(body: unknown, table?: string) {
  return finished(decodeGetItem(v1Request(body, table)))
}

test('GetItem: only a key', () => {
  const alone = { table: 'Thread', key: decoded, consistentRead: false }
  assert.equal(decode({ key }), alone)
  for (const none of [null, [], '', 0, false, {}]) {
    assert.equal(decode({ key, attributes_to_get: none }), alone)
  }
})

test('GetItem: a key with every property', () => {
  assert.equal(decode({ key, attributes_to_get: ['b', 'a'], consistent_read: true }), {
    table: 'Thread',
    key: decoded,
    paths: ['b', 'a'].map(pathOf),
    consistentRead: true,
  })
})

const REFUSED: readonly (readonly [body: unknown, message: string])[] = [
  [{}, MISSING('key')],
  [{ key: 'x' }, `Wrong 'key' type. Object is expected, but "x" found`],
  [{ key, consistent_read: null }, MISSING('consistent_read')],
  [{ key, consistent_read: '' }, `Wrong 'consistent_read' type. Boolean is expected, but "" found`],
  [
    { key, attributes_to_get: 'a' },
    `Wrong 'attributes_to_get' type. List is expected, but "a" found`,
  ],
  [
    { key, attributes_to_get: ['a', 'a'] },
    `Wrong 'attributes_to_get' type. List of unique values is expected, but ["a", "a"] found`,
  ],
  [
    { key, attributes_to_get: [{}] },
    "Wrong 'attribute name' type. String is expected, but {} found",
  ],
  [{ key, item: 1 }, `Unexpected properties were found for 'body': {"item": 1}`],
  [{ key, next: 1 }, `Unexpected properties were found for 'body': {"next": 1}`],
  // Unexpected properties are refused before the key is read.
  [{ key: { a: 1 }, item: 1 }, `Unexpected properties were found for 'body': {"item": 1}`],
  [{ key: { a: 1 } }, "Wrong 'a' type. Object is expected, but 1 found"],
]

test('GetItem: an invalid body is refused with its reason', () => {
  for (const [body, message] of REFUSED) refuses(() => decode(body), message)
  refuses(() => decode({ key }, 'no'), "Table 'no' does not exist", 'table_not_found')
})

test.run()
