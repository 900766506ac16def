import * as assert from 'uvu/assert'
import { decodeBatchWriteItem } from '../../../../src/dialect/magnetodb/decode/batch-write-item.ts'
import { BATCH_WRITE_REQUESTS_MAX } from '../../../../src/model/limits.ts'
import { finished } from '../../../../src/model/steps.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses, v1Request } from '../requests.ts'

const key = { id: { N: 1 } }
const decoded = new Map([['id', { type: 'N', value: '1' }]])
const put_request = { item: key }
const delete_request = { key }

function decode(request_items: unknown) {
  return finished(decodeBatchWriteItem(v1Request({ request_items })))
}

test('BatchWriteItem: puts and deletes by table; one element may have both', () => {
  const requests = decode({
    constructor: [{ put_request }, { delete_request }],
    Foo: [{ delete_request, put_request }],
    Bar: [],
  })
  assert.equal(requests, {
    requests: [
      { table: 'constructor', writes: [{ put: decoded }, { delete: decoded }] },
      { table: 'Foo', writes: [{ delete: decoded }, { put: decoded }] },
    ],
  })
})

const REFUSED: readonly (readonly [requestItems: unknown, message: string])[] = [
  [null, MISSING('request_items')],
  [[], "Wrong 'request_items' type. Object is expected, but [] found"],
  [{}, "'request_items' holds no requests"],
  [{ Foo: [] }, "'request_items' holds no requests"],
  [{ ab: [{ put_request }] }, "Wrong table name 'ab' found"],
  [{ Foo: null }, MISSING('Foo')],
  [{ Foo: {} }, "Wrong 'Foo' type. List is expected, but {} found"],
  [{ Foo: ['x'] }, `Wrong 'Foo' type. List of Objects is expected, but ["x"] found`],
  [{ Foo: [{ update_request: {} }] }, 'Unsupported request type found: update_request'],
  [{ Foo: [{ toString: {} }] }, 'Unsupported request type found: toString'],
  [{ Foo: [{ put_request: null }] }, MISSING('put_request')],
  [{ Foo: [{ put_request: 1 }] }, "Wrong 'put_request' type. Object is expected, but 1 found"],
  [{ Foo: [{ put_request: {} }] }, MISSING('item')],
  [{ Foo: [{ put_request: { item: [] } }] }, "Wrong 'item' type. Object is expected, but [] found"],
  [{ Foo: [{ put_request: { item: { '': 1 } } }] }, "Wrong attribute name '' found"],
  [
    { Foo: [{ put_request: { item: {}, key: {} } }] },
    `Unexpected properties were found for 'put_request': {"key": {}}`,
  ],
  [{ Foo: [{ delete_request: { item: {} } }] }, MISSING('key')],
  [
    { Foo: [{ delete_request: { key, x: 1 } }] },
    `Unexpected properties were found for 'delete_request': {"x": 1}`,
  ],
]

test('BatchWriteItem: an invalid body is refused with its reason', () => {
  for (const [requestItems, message] of REFUSED) refuses(() => decode(requestItems), message)
  refuses(
    () => finished(decodeBatchWriteItem(v1Request({ request_items: {}, x: 1 }))),
    `Unexpected properties were found for 'body': {"x": 1}`,
  )
})

test('BatchWriteItem: more than 25 requests over all tables are refused', () => {
  const writes = (count: number) => Array.from({ length: count }, () => ({ put_request }))
  decode({ Foo: writes(BATCH_WRITE_REQUESTS_MAX) })
  refuses(
    () => decode({ Foo: writes(BATCH_WRITE_REQUESTS_MAX), Bar: writes(1) }),
    `'request_items' holds more than ${BATCH_WRITE_REQUESTS_MAX} requests`,
  )
})

test.run()
