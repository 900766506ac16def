import * as assert from 'uvu/assert'
import { encodeBatchWriteItem } from '../../../../src/dialect/magnetodb/encode/batch-write-item.ts'
import { test } from '../../../support/suite.ts'

const KEY = new Map([['id', { type: 'N', value: '1' } as const]])

test('BatchWriteItem answers unprocessed items in the form of a request', () => {
  assert.is(encodeBatchWriteItem({ unprocessed: [] }), '{"unprocessed_items":{}}')
  const unprocessed = [{ table: 'constructor', writes: [{ put: KEY }, { delete: KEY }] }]
  assert.is(
    encodeBatchWriteItem({ unprocessed }),
    '{"unprocessed_items":{"constructor":[{"put_request":{"item":{"id":{"N":"1"}}}},' +
      '{"delete_request":{"key":{"id":{"N":"1"}}}}]}}',
  )
})

test.run()
