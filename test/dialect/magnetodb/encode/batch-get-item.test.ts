import * as assert from 'uvu/assert'
import { encodeBatchGetItem } from '../../../../src/dialect/magnetodb/encode/batch-get-item.ts'
import { pathOf } from '../../../../src/expression/path.ts'
import { test } from '../../../support/suite.ts'

const KEY = new Map([['id', { type: 'N', value: '1' } as const]])

test('BatchGetItem answers the items by table', () => {
  const item = { json: '{"id":{"N":"1"}}', typedMaps: false }
  const responses = new Map([['__proto__', [item, item]]])
  assert.is(
    encodeBatchGetItem({ responses, unprocessed: [], bytes: new Map() }),
    '{"responses":{"__proto__":[{"id":{"N":"1"}},{"id":{"N":"1"}}]},"unprocessed_keys":{}}',
  )
})

test('BatchGetItem answers unprocessed keys in the form of a request', () => {
  const unprocessed = [
    { table: 'Plain', keys: [KEY], consistentRead: false },
    { table: 'Full', keys: [KEY, KEY], paths: ['a', 'b'].map(pathOf), consistentRead: true },
  ]
  const nothing = { responses: new Map(), unprocessed, bytes: new Map() }
  assert.equal(JSON.parse(encodeBatchGetItem(nothing)), {
    responses: {},
    unprocessed_keys: {
      Plain: { keys: [{ id: { N: '1' } }] },
      Full: {
        keys: [{ id: { N: '1' } }, { id: { N: '1' } }],
        attributes_to_get: ['a', 'b'],
        consistent_read: true,
      },
    },
  })
})

test.run()
