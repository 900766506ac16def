import * as assert from 'uvu/assert'
import { decodeDeleteItem } from '../../../../src/dialect/magnetodb/decode/delete-item.ts'
import { finished } from '../../../../src/model/steps.ts'
import { exists } from '../../../expression/short-expressions.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses, v1Request } from '../requests.ts'

const key = { id: { B: 'AA==' } }
const decoded = new Map([['id', { type: 'B', value: Buffer.from([0]) }]])

function decode(body: unknown, table?: string) {
  return finished(decodeDeleteItem(v1Request(body, table)))
}

test('DeleteItem: only a key, and with an empty expected', () => {
  const alone = { table: 'Thread', key: decoded, returnValues: 'NONE' }
  assert.equal(decode({ key }), alone)
  assert.equal(decode({ key, return_values: 'NONE' }), alone)
  for (const none of [null, {}, '', 0, false, []]) {
    assert.equal(decode({ key, expected: none }), alone)
  }
})

test('DeleteItem: a key with every property', () => {
  const body = { key, expected: { a: { exists: true } }, return_values: 'ALL_OLD' }
  assert.equal(decode(body), {
    table: 'Thread',
    key: decoded,
    returnValues: 'ALL_OLD',
    condition: exists('a'),
  })
})

const REFUSED: readonly (readonly [body: unknown, message: string])[] = [
  [{}, MISSING('key')],
  [{ key: [] }, "Wrong 'key' type. Object is expected, but [] found"],
  [{ key, expected: 'x' }, `Wrong 'expected' type. Object is expected, but "x" found`],
  [{ key, return_values: null }, MISSING('return_values')],
  [{ key, return_values: 'ALL_NEW' }, "Return values type 'ALL_NEW' isn't allowed"],
  [{ key, return_values: 1 }, "Wrong 'return_values' type. String is expected, but 1 found"],
  [{ key, time_to_live: 1 }, `Unexpected properties were found for 'body': {"time_to_live": 1}`],
]

test('DeleteItem: an invalid body is refused with its reason', () => {
  for (const [body, message] of REFUSED) refuses(() => decode(body), message)
  refuses(() => decode({ key }, 'no'), "Table 'no' does not exist", 'table_not_found')
})

test.run()
