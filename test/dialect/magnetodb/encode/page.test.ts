import * as assert from 'uvu/assert'
import { encodeQueryPage, encodeScanPage } from '../../../../src/dialect/magnetodb/encode/page.ts'
import { test } from '../../../support/suite.ts'

const A = { json: '{"a":{"N":"1"}}', typedMaps: false }
const B = { json: '{"a":{"N":"2"}}', typedMaps: false }
const lastEvaluatedKey = new Map([['__proto__', { type: 'S', value: '"' } as const]])

test('Query answers count and items', () => {
  assert.is(
    encodeQueryPage({ count: 0, scannedCount: 0, bytes: 9, items: [] }),
    '{"count":0,"items":[]}',
  )
  assert.is(
    encodeQueryPage({ count: 2, scannedCount: 3, bytes: 9, items: [A, B], lastEvaluatedKey }),
    '{"count":2,"items":[{"a":{"N":"1"}},{"a":{"N":"2"}}],' +
      '"last_evaluated_key":{"__proto__":{"S":"\\""}}}',
  )
})

test('COUNT answers no items', () => {
  assert.is(encodeQueryPage({ count: 2, scannedCount: 2, bytes: 9 }), '{"count":2}')
  assert.is(
    encodeScanPage({ count: 2, scannedCount: 5, bytes: 9 }),
    '{"count":2,"scanned_count":5}',
  )
})

test('Scan also answers the number of items read', () => {
  assert.is(
    encodeScanPage({ count: 1, scannedCount: 5, bytes: 9, items: [A], lastEvaluatedKey }),
    '{"count":1,"scanned_count":5,"items":[{"a":{"N":"1"}}],' +
      '"last_evaluated_key":{"__proto__":{"S":"\\""}}}',
  )
})

test.run()
