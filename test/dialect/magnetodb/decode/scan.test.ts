import * as assert from 'uvu/assert'
import { decodeScan } from '../../../../src/dialect/magnetodb/decode/scan.ts'
import { pathOf } from '../../../../src/expression/path.ts'
import { finished } from '../../../../src/model/steps.ts'
import { absent } from '../../../expression/short-expressions.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses, v1Request } from '../requests.ts'

const ALONE = {
  table: 'Thread',
  select: 'ALL_ATTRIBUTES',
  consistentRead: false,
  segment: 0,
  totalSegments: 1,
}

function decode(body: unknown, table?: string) {
  return finished(decodeScan(v1Request(body, table)))
}

test('Scan: an empty body scans the whole table', () => {
  assert.equal(decode({}), ALONE)
  for (const none of [null, {}, '', 0, false, []])
    assert.equal(decode({ scan_filter: none }), ALONE)
  const nulls = { attributes_to_get: null, select: null, limit: null, exclusive_start_key: null }
  assert.equal(decode(nulls), ALONE)
})

test('Scan: every property', () => {
  const body = {
    scan_filter: { a: { comparison_operator: 'NULL' } },
    attributes_to_get: ['a'],
    select: 'SPECIFIC_ATTRIBUTES',
    limit: 5,
    exclusive_start_key: { id: { N: 1 } },
    segment: 3,
    total_segments: '4',
  }
  assert.equal(decode(body), {
    ...ALONE,
    filter: absent('a'),
    select: 'SPECIFIC_ATTRIBUTES',
    paths: [pathOf('a')],
    limit: 5,
    exclusiveStartKey: new Map([['id', { type: 'N', value: '1' }]]),
    segment: 3,
    totalSegments: 4,
  })
})

const REFUSED: readonly (readonly [body: unknown, message: string])[] = [
  [{ scan_filter: 'x' }, `Wrong 'scan_filter' type. Object is expected, but "x" found`],
  [{ select: 'X' }, "Select type 'X' isn't allowed"],
  [{ limit: -1 }, "'limit' property value[-1] is less then min_value[0]."],
  [{ total_segments: 0 }, "'total_segments' property value[0] is less then min_value[1]."],
  [{ total_segments: 4097 }, "'total_segments' property value[4097] is more then max_value[4096]."],
  [{ total_segments: null }, MISSING('total_segments')],
  [{ segment: null }, MISSING('segment')],
  [{ segment: 1 }, "'segment' property value[1] is more then max_value[0]."],
  [{ segment: 4, total_segments: 4 }, "'segment' property value[4] is more then max_value[3]."],
  [{ segment: -1 }, "'segment' property value[-1] is less then min_value[0]."],
  [{ segment: 'x' }, `Wrong 'segment' type. Integer is expected, but "x" found`],
  [
    { exclusive_start_key: [] },
    "Wrong 'exclusive_start_key' type. Object is expected, but [] found",
  ],
  [
    { consistent_read: true },
    `Unexpected properties were found for 'body': {"consistent_read": true}`,
  ],
]

test('Scan: an invalid body is refused with its reason', () => {
  for (const [body, message] of REFUSED) refuses(() => decode(body), message)
  refuses(() => decode({}, 'no'), "Table 'no' does not exist", 'table_not_found')
})

test.run()
