import * as assert from 'uvu/assert'
import { decodeListTables } from '../../../../src/dialect/magnetodb/decode/list-tables.ts'
import { test } from '../../../support/suite.ts'
import { refuses, v1Request } from '../requests.ts'

function decode(query: string) {
  return decodeListTables(v1Request('', '', query))
}

test('ListTables: the query string has the start and the limit', () => {
  assert.equal(decode(''), { limit: 1000 })
  assert.equal(decode('limit=&exclusive_start_table_name='), { limit: 1000 })
  assert.equal(decode('limit=0'), { limit: 1000 })
  assert.equal(decode('limit=1001'), { limit: 1000 })
  assert.equal(decode('limit=7&exclusive_start_table_name=Thread'), {
    limit: 7,
    exclusiveStartTable: 'Thread',
  })
})

const UNEXPECTED = "Unexpected properties were found for 'params': MultiDict"
const REFUSED: readonly (readonly [query: string, message: string])[] = [
  ['limit=-2', "'limit' property value[-2] is less then min_value[0]."],
  ['limit=x', `Wrong 'limit' type. Integer is expected, but "x" found`],
  ['limit=1.0', `Wrong 'limit' type. Integer is expected, but "1.0" found`],
  ['exclusive_start_table_name=a%20b', "Wrong table name 'a b' found"],
  ['exclusive_start_table_name=ab', "Wrong table name 'ab' found"],
  ['start_table_name=aaa', `${UNEXPECTED}([(u'start_table_name', u'aaa')])`],
  ['limit=1&a=b&c=', `${UNEXPECTED}([(u'a', u'b'), (u'c', u'')])`],
  ['limit=1&limit=2', `${UNEXPECTED}([(u'limit', u'2')])`],
  ["__proto__=it's", `${UNEXPECTED}([(u'__proto__', u'it\\'s')])`],
]

test('ListTables: an invalid query string is refused with its reason', () => {
  for (const [query, message] of REFUSED) refuses(() => decode(query), message)
})

test.run()
