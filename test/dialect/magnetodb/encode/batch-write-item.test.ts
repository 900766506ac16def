import * as assert from 'uvu/assert'
import { encodeBatchWriteItem } from '../../../../src/dialect/magnetodb/encode/batch-write-item.ts'
import { finished } from '../../../../src/model/steps.ts'
import type { BatchWriteItemResult } from '../../../../src/operations/batches/batch-write-item.ts'
import { test } from '../../../support/suite.ts'

const KEY = new Map([['id', { type: 'N', value: '1' } as const]])

const encoded = (result: BatchWriteItemResult) => finished(encodeBatchWriteItem(result))

test('BatchWriteItem answers unprocessed items in the form of a request', () => {
  assert.is(encoded({ unprocessed: [] }), '{"unprocessed_items":{}}')
  const unprocessed = [{ table: 'constructor', writes: [{ put: KEY }, { delete: KEY }] }]
  assert.is(
    encoded({ unprocessed }),
    '{"unprocessed_items":{"constructor":[{"put_request":{"item":{"id":{"N":"1"}}}},' +
      '{"delete_request":{"key":{"id":{"N":"1"}}}}]}}',
  )
})

test.run()
