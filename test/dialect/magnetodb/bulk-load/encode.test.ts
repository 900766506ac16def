import * as assert from 'uvu/assert'
import { validationError } from '../../../../src/dialect/invalid-request.ts'
import { encodeBulkLoad } from '../../../../src/dialect/magnetodb/bulk-load/encode.ts'
import { MagnetoDBError } from '../../../../src/model/errors.ts'
import type { LoadLine } from '../../../../src/operations/batches/load-window.ts'
import { test } from '../../../support/suite.ts'

function lineOf(text: string): LoadLine {
  return {
    bytes: text.length,
    text: () => text,
    decode: () => new Map(),
  }
}

test("a bulk load's reply has counts, the last line and Python-style failures", () => {
  const lines = ['{"a":1}\n', '__proto__\n', '\n', 'away\n', 'open\n'].map(lineOf)
  const errors = [
    new MagnetoDBError({ is: 'table_not_found', table: 'x' }),
    validationError(`both ' and " and \\\nsecond line`),
    validationError('The line is empty'),
    new MagnetoDBError({ is: 'storage_unavailable' }),
    new MagnetoDBError({ is: 'write_outcome_unknown', underWay: false }),
  ]
  const failures = lines.map((line, i) => ({ line, error: errors[i] as MagnetoDBError }))
  const reply = encodeBulkLoad({
    ...{ read: 9, processed: 1, unprocessed: 3, failed: 5 },
    lastLine: lines[2],
    failures,
  })
  assert.ok(reply.startsWith('{"read":9,"processed":1,"unprocessed":3,"failed":5,'))
  const { last_item, failed_items } = JSON.parse(reply)
  assert.is(last_item, '\n')
  assert.equal(Object.entries(failed_items), [
    ['{"a":1}\n', `TableNotExistsException("Table 'x' does not exist",)`],
    ['__proto__\n', `ValidationError('both \\' and " and \\\\',)`],
    ['\n', "ValidationError('The line is empty',)"],
    ['away\n', "ServiceUnavailable('The storage is not available',)"],
    [
      'open\n',
      "BackendInteractionException('The outcome of the write is unknown: " +
        "it may or may not have been applied',)",
    ],
  ])
})

test('a bulk load without lines has no last_item', () => {
  const nothing = { read: 0, processed: 0, unprocessed: 0, failed: 0 }
  assert.is(
    encodeBulkLoad({ ...nothing, lastLine: undefined, failures: [] }),
    '{"read":0,"processed":0,"unprocessed":0,"failed":0,"last_item":null,"failed_items":{}}',
  )
})

test.run()
