import * as assert from 'uvu/assert'
import { decodeQuery } from '../../../../src/dialect/magnetodb/decode/query.ts'
import { pathOf } from '../../../../src/expression/path.ts'
import { finished } from '../../../../src/model/steps.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses, v1Request } from '../requests.ts'

const key_conditions = {
  forum: { comparison_operator: 'EQ', attribute_value_list: [{ S: 'x' }] },
}
const decoded = new Map([['forum', { op: 'eq', value: { type: 'S', value: 'x' } }]])
const ALONE = {
  table: 'Thread',
  keyConditions: decoded,
  select: 'ALL_ATTRIBUTES',
  consistentRead: false,
  forward: true,
}

function decode(body: unknown, table?: string) {
  return finished(decodeQuery(v1Request(body, table)))
}

test('Query: only conditions, and with nulls', () => {
  assert.equal(decode({ key_conditions }), ALONE)
  const nulls = {
    index_name: null,
    limit: null,
    select: null,
    exclusive_start_key: null,
    scan_index_forward: null,
    attributes_to_get: null,
  }
  assert.equal(decode({ key_conditions, ...nulls }), ALONE)
  assert.equal(decode({ key_conditions, limit: 0 }), ALONE)
})

test('Query: conditions with every property', () => {
  const body = {
    key_conditions,
    index_name: 'constructor',
    attributes_to_get: ['b', 'a', 'b'],
    limit: '10',
    consistent_read: true,
    scan_index_forward: false,
    exclusive_start_key: { forum: { S: 'x' }, n: { N: '1.0' } },
  }
  assert.equal(decode(body), {
    ...ALONE,
    index: 'constructor',
    select: 'SPECIFIC_ATTRIBUTES',
    paths: ['b', 'a'].map(pathOf),
    limit: 10,
    consistentRead: true,
    forward: false,
    exclusiveStartKey: new Map([
      ['forum', { type: 'S', value: 'x' }],
      ['n', { type: 'N', value: '1' }],
    ]),
  })
})

test('Query: the default of select depends on the index', () => {
  assert.is(decode({ key_conditions }).select, 'ALL_ATTRIBUTES')
  assert.is(decode({ key_conditions, index_name: 'abc' }).select, 'ALL_PROJECTED_ATTRIBUTES')
})

const REFUSED: readonly (readonly [body: unknown, message: string])[] = [
  [{}, MISSING('key_conditions')],
  [{ key_conditions: [] }, "Wrong 'key_conditions' type. Object is expected, but [] found"],
  [{ key_conditions, index_name: 'ab' }, "Wrong index name 'ab' found"],
  [{ key_conditions, index_name: 5 }, "Wrong 'index name' type. String is expected, but 5 found"],
  [{ key_conditions, limit: -1 }, "'limit' property value[-1] is less then min_value[0]."],
  [{ key_conditions, limit: 1.5 }, "Wrong 'limit' type. Integer is expected, but 1.5 found"],
  [{ key_conditions, consistent_read: null }, MISSING('consistent_read')],
  [
    { key_conditions, consistent_read: 'yes' },
    `Wrong 'consistent_read' type. Boolean is expected, but "yes" found`,
  ],
  [
    { key_conditions, scan_index_forward: 'no' },
    `Wrong 'scan_index_forward' type. Boolean is expected, but "no" found`,
  ],
  [
    { key_conditions, exclusive_start_key: 'x' },
    `Wrong 'exclusive_start_key' type. Object is expected, but "x" found`,
  ],
  [
    { key_conditions, scan_filter: {}, segment: 1 },
    `Unexpected properties were found for 'body': {"scan_filter": {}, "segment": 1}`,
  ],
]

test('Query: an invalid body is refused with its reason', () => {
  for (const [body, message] of REFUSED) refuses(() => decode(body), message)
  refuses(() => decode({ key_conditions }, 'no'), "Table 'no' does not exist", 'table_not_found')
})

test.run()
