import * as assert from 'uvu/assert'
import { decodePutItem } from '../../../../src/dialect/magnetodb/decode/put-item.ts'
import { comparison } from '../../../../src/expression/condition.ts'
import { finished } from '../../../../src/model/steps.ts'
import { absent } from '../../../expression/short-expressions.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses, v1Request } from '../requests.ts'

const item = { id: { S: 'x' } }
const decoded = new Map([['id', { type: 'S', value: 'x' }]])

function decode(body: unknown, table?: string) {
  return finished(decodePutItem(v1Request(body, table)))
}

test('PutItem: only an item', () => {
  assert.equal(decode({ item }), { table: 'Thread', item: decoded, returnValues: 'NONE' })
})

test('PutItem: an item with every property', () => {
  const body = {
    item,
    expected: { id: { exists: false }, count: { value: { N: '1' } } },
    return_values: 'ALL_OLD',
    time_to_live: '60',
  }
  const { check, ...command } = decode(body)
  assert.type(check, 'function')
  assert.equal(command, {
    table: 'Thread',
    item: decoded,
    returnValues: 'ALL_OLD',
    condition: {
      op: 'and',
      conditions: [absent('id'), comparison('count', 'eq', { type: 'N', value: '1' })],
    },
    timeToLiveSeconds: 60,
  })
})

test('PutItem: a property without effect counts as absent', () => {
  const alone = decode({ item })
  assert.equal(decode({ item, expected: {}, time_to_live: null, return_values: 'NONE' }), alone)
  assert.equal(decode({ item, return_values: 'ALL_NEW' }), alone)
  assert.is(decode({ item, time_to_live: 0 }).timeToLiveSeconds, 0)
})

const REFUSED: readonly (readonly [body: unknown, message: string])[] = [
  [{}, MISSING('item')],
  [{ item: null }, MISSING('item')],
  [{ item: [] }, "Wrong 'item' type. Object is expected, but [] found"],
  [{ item, expected: null }, MISSING('expected')],
  [{ item, expected: 1 }, "Wrong 'expected' type. Object is expected, but 1 found"],
  [{ item, return_values: null }, MISSING('return_values')],
  [{ item, return_values: 'UPDATED_OLD' }, "Return values type 'UPDATED_OLD' isn't allowed"],
  [{ item, time_to_live: -1 }, "'time_to_live' property value[-1] is less then min_value[0]."],
  [{ item, time_to_live: {} }, "Wrong 'time_to_live' type. Integer is expected, but {} found"],
  [
    { item, key: {}, consistent_read: true },
    `Unexpected properties were found for 'body': {"key": {}, "consistent_read": true}`,
  ],
  // Of several errors, the first in the order of the checks is reported.
  [{ expected: { a: {} }, item: 1 }, "Can't recognize attribute expected condition format: '{}'"],
  [{ item: { a: 1 }, return_values: 1 }, "Wrong 'a' type. Object is expected, but 1 found"],
  [
    { item, time_to_live: -1, x: 1 },
    "'time_to_live' property value[-1] is less then min_value[0].",
  ],
]

test('PutItem: an invalid body is refused with its reason', () => {
  for (const [body, message] of REFUSED) refuses(() => decode(body), message)
})

test('PutItem: an invalid body is reported before a missing table', () => {
  refuses(() => decode({}, 'no'), MISSING('item'))
  refuses(() => decode({ item }, 'no'), "Table 'no' does not exist", 'table_not_found')
})

test.run()
