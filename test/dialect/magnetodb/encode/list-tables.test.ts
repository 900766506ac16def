import * as assert from 'uvu/assert'
import { encodeTables } from '../../../../src/dialect/magnetodb/encode/list-tables.ts'
import { test } from '../../../support/suite.ts'
import { TABLES_URL, v1Request } from '../requests.ts'

test('ListTables answers links, and the last name only for a full page', () => {
  assert.equal(JSON.parse(encodeTables({ tables: [], more: false }, v1Request({}))), { tables: [] })
  const tables = ['constructor', 'Thread']
  const links = tables.map((name) => ({ rel: 'self', href: `${TABLES_URL}/${name}` }))
  assert.equal(JSON.parse(encodeTables({ tables, more: false }, v1Request({}))), { tables: links })
  const page = encodeTables({ tables, more: false, lastEvaluatedTable: 'Thread' }, v1Request({}))
  assert.equal(JSON.parse(page), { tables: links, last_evaluated_table_name: 'Thread' })
})

test.run()
