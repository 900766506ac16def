import * as assert from 'uvu/assert'
import { decodeBatchGetItem } from '../../../../src/dialect/magnetodb/decode/batch-get-item.ts'
import { pathOf } from '../../../../src/expression/path.ts'
import { BATCH_GET_KEYS_MAX } from '../../../../src/model/limits.ts'
import { finished } from '../../../../src/model/steps.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses, v1Request } from '../requests.ts'

const key = { id: { N: 1 } }
const decoded = new Map([['id', { type: 'N', value: '1' }]])

function decode(request_items: unknown) {
  return finished(decodeBatchGetItem(v1Request({ request_items })))
}

test('BatchGetItem: keys by table, with their options', () => {
  const all = { keys: [key, key], attributes_to_get: ['b', 'a'], consistent_read: true }
  const requests = decode({ constructor: { keys: [key], attributes_to_get: null }, All: all })
  assert.equal(requests, {
    requests: [
      { table: 'constructor', keys: [decoded], consistentRead: false },
      {
        table: 'All',
        keys: [decoded, decoded],
        paths: ['b', 'a'].map(pathOf),
        consistentRead: true,
      },
    ],
  })
})

test('BatchGetItem: no attributes means all; a table without keys is ignored', () => {
  const { requests } = decode({ Foo: { keys: [] }, Bar: { keys: [key], attributes_to_get: [] } })
  assert.equal(requests, [{ table: 'Bar', keys: [decoded], consistentRead: false }])
})

const REFUSED: readonly (readonly [requestItems: unknown, message: string])[] = [
  [null, MISSING('request_items')],
  [[], "Wrong 'request_items' type. Object is expected, but [] found"],
  [{}, "'request_items' holds no keys"],
  [{ Foo: { keys: [] } }, "'request_items' holds no keys"],
  [{ ab: { keys: [key] } }, "Wrong table name 'ab' found"],
  [{ Foo: null }, MISSING('Foo')],
  [{ Foo: [key] }, `Wrong 'Foo' type. Object is expected, but [{"id": {"N": 1}}] found`],
  [{ Foo: {} }, MISSING('keys')],
  [{ Foo: { keys: {} } }, "Wrong 'keys' type. List is expected, but {} found"],
  [{ Foo: { keys: ['x'] } }, `Wrong 'keys' type. List of Objects is expected, but ["x"] found`],
  [{ Foo: { keys: [{ id: 1 }] } }, "Wrong 'id' type. Object is expected, but 1 found"],
  [{ Foo: { keys: [key], consistent_read: null } }, MISSING('consistent_read')],
  [
    { Foo: { keys: [key], attributes_to_get: ['a', 'a'] } },
    `Wrong 'attributes_to_get' type. List of unique values is expected, but ["a", "a"] found`,
  ],
  [{ Foo: { keys: [key], limit: 1 } }, `Unexpected properties were found for 'Foo': {"limit": 1}`],
]

test('BatchGetItem: an invalid body is refused with its reason', () => {
  for (const [requestItems, message] of REFUSED) refuses(() => decode(requestItems), message)
  refuses(
    () => finished(decodeBatchGetItem(v1Request({ request_items: {}, x: 1 }))),
    `Unexpected properties were found for 'body': {"x": 1}`,
  )
})

test('BatchGetItem: more than 100 keys over all tables are refused', () => {
  const keys = (count: number) => Array.from({ length: count }, () => key)
  decode({ Foo: { keys: keys(BATCH_GET_KEYS_MAX) } })
  refuses(
    () => decode({ Foo: { keys: keys(1) }, Bar: { keys: keys(BATCH_GET_KEYS_MAX) } }),
    `'request_items' holds more than ${BATCH_GET_KEYS_MAX} keys`,
  )
})

test.run()
