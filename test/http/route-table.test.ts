import * as assert from 'uvu/assert'
import { dataWire } from '../../src/dialect/magnetodb/wire.ts'
import { RouteTable } from '../../src/http/route-table.ts'
import { NoauthAuthenticator } from '../../src/identity/noauth.ts'
import { test } from '../support/suite.ts'

const routes = new RouteTable([dataWire(new NoauthAuthenticator())])

test('a path that was matched before has the same match, and each method its own', () => {
  const path = '/v1/data/p1/tables/threads'
  const match = routes.match('GET', path)
  assert.is(match?.param('table_name'), 'threads')
  assert.is(routes.match('GET', path), match)
  assert.is(routes.match('HEAD', path), match)
  assert.is(routes.match('DELETE', path)?.endpoint.method, 'DELETE')
  assert.is(routes.match('PUT', path), undefined)
  assert.is(routes.match('GET', `${path}s`)?.param('table_name'), 'threadss')
})

test('so many paths that the first ones are forgotten are all matched', () => {
  const first = routes.match('POST', '/v1/data/p0/tables/t0/get_item')
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 10_000; n++) {
      const match = routes.match('POST', `/v1/data/p${n}/tables/t${n}/get_item`)
      assert.is(match?.param('project_id'), `p${n}`)
      assert.is(match?.param('table_name'), `t${n}`)
    }
  }
  assert.is.not(routes.match('POST', '/v1/data/p0/tables/t0/get_item'), first)
})

test.run()
