import * as assert from 'uvu/assert'
import { DATA_PATH } from '../../../src/dialect/magnetodb/paths.ts'
import { V1_ROUTES } from '../../../src/dialect/magnetodb/routes.ts'
import { test } from '../../support/suite.ts'

test('the routes are those of the v1 data API, each bound to its operation', () => {
  const routes = V1_ROUTES.map(
    ({ method, path, operation }) => `${method} ${path.replace(DATA_PATH, '')} ${operation.name}`,
  )
  assert.equal(routes, [
    'POST /tables create_table',
    'GET /tables list_tables',
    'GET /tables/:table_name describe_table',
    'DELETE /tables/:table_name delete_table',
    'POST /tables/:table_name/put_item put_item',
    'POST /tables/:table_name/get_item get_item',
    'POST /tables/:table_name/update_item update_item',
    'POST /tables/:table_name/delete_item delete_item',
    'POST /tables/:table_name/query query',
    'POST /tables/:table_name/scan scan',
    'POST /batch_get_item batch_get_item',
    'POST /batch_write_item batch_write_item',
  ])
})

test.run()
