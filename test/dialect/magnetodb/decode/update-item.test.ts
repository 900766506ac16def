import * as assert from 'uvu/assert'
import { decodeUpdateItem } from '../../../../src/dialect/magnetodb/decode/update-item.ts'
import { finished } from '../../../../src/model/steps.ts'
import { absent, add, discard, put, remove } from '../../../expression/short-expressions.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses, v1Request } from '../requests.ts'

const key = { id: { S: 'x' } }
const decoded = new Map([['id', { type: 'S', value: 'x' }]])
const attribute_updates = {}

function decode(body: unknown, table?: string) {
  return finished(decodeUpdateItem(v1Request(body, table)))
}

test('UpdateItem: no updates', () => {
  const alone = { table: 'Thread', key: decoded, updates: [], returnValues: 'NONE' }
  assert.equal(decode({ key, attribute_updates }), alone)
  assert.equal(decode({ key, attribute_updates, expected: null, time_to_live: null }), alone)
  assert.equal(decode({ key, attribute_updates, expected: {} }), alone)
})

test('UpdateItem: every action is decoded', () => {
  const updates = {
    a: { action: 'PUT', value: { S: '' } },
    constructor: { action: 'ADD', value: { N: '01' } },
    c: { action: 'DELETE' },
    d: { action: 'DELETE', value: { SS: ['b', 'a'] } },
    e: { action: 'DELETE', value: null },
  }
  assert.equal(decode({ key, attribute_updates: updates }).updates, [
    put('a', { type: 'S', value: '' }),
    add('constructor', { type: 'N', value: '1' }),
    remove('c'),
    discard('d', { type: 'SS', value: ['a', 'b'] }),
    remove('e'),
  ])
})

test('UpdateItem: every other property', () => {
  for (const return_values of ['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW']) {
    assert.is(decode({ key, attribute_updates, return_values }).returnValues, return_values)
  }
  const body = { key, attribute_updates, expected: { a: { exists: false } }, time_to_live: 60 }
  const { condition, timeToLiveSeconds } = decode(body)
  assert.equal(condition, absent('a'))
  assert.is(timeToLiveSeconds, 60)
})

const REFUSED: readonly (readonly [body: unknown, message: string])[] = [
  [{ attribute_updates }, MISSING('key')],
  [{ key }, MISSING('attribute_updates')],
  [
    { key, attribute_updates: [] },
    "Wrong 'attribute_updates' type. Object is expected, but [] found",
  ],
  [
    { key, attribute_updates, expected: [] },
    "Wrong 'expected' type. Object is expected, but [] found",
  ],
  [{ key, attribute_updates, return_values: 'X' }, "Return values type 'X' isn't allowed"],
  [
    { key, attribute_updates, time_to_live: 1.5 },
    "Wrong 'time_to_live' type. Integer is expected, but 1.5 found",
  ],
  [{ key, attribute_updates, x: [] }, `Unexpected properties were found for 'body': {"x": []}`],
]

const REFUSED_UPDATES: readonly (readonly [updates: unknown, message: string])[] = [
  [{ 'a b': {} }, "Wrong attribute name 'a b' found"],
  [{ a: null }, MISSING('a')],
  [{ a: 1 }, "Wrong 'a' type. Object is expected, but 1 found"],
  [{ a: {} }, MISSING('action')],
  [{ a: { action: 1 } }, "Wrong 'action' type. String is expected, but 1 found"],
  [{ a: { action: 'SET', value: { S: '' } } }, "Update action 'SET' isn't allowed"],
  [{ a: { action: 'constructor' } }, "Update action 'constructor' isn't allowed"],
  [{ a: { action: 'PUT' } }, MISSING('value')],
  [{ a: { action: 'ADD', value: null } }, MISSING('value')],
  [{ a: { action: 'PUT', value: 'x' } }, `Wrong 'value' type. Object is expected, but "x" found`],
  [{ a: { action: 'PUT', value: {} } }, "Can't recognize attribute typed value format: '{}'"],
  [
    { a: { action: 'DELETE', exists: true } },
    `Unexpected properties were found for 'a': {"exists": true}`,
  ],
]

test('UpdateItem: an invalid body is refused with its reason', () => {
  for (const [body, message] of REFUSED) refuses(() => decode(body), message)
  for (const [updates, message] of REFUSED_UPDATES) {
    refuses(() => decode({ key, attribute_updates: updates }), message)
  }
  refuses(
    () => decode({ key, attribute_updates }, 'no'),
    "Table 'no' does not exist",
    'table_not_found',
  )
})

test.run()
