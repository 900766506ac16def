import * as assert from 'uvu/assert'
import { CREDENTIALS, LIST_CREDENTIALS } from '../../src/policy/credentials.ts'
import { test } from '../support/suite.ts'

const bare = { userId: 'u1', projectId: 'p1', roles: new Set<string>(), expiresAt: Infinity }

function valuesOf(changes: object): Readonly<Record<string, string>> {
  const identity = { ...bare, ...changes }
  return Object.fromEntries([...CREDENTIALS].map(([name, read]) => [name, read(identity)]))
}

test('unknown credentials of a caller are None', () => {
  assert.equal(valuesOf({}), {
    user_id: 'u1',
    user_domain_id: 'None',
    project_id: 'p1',
    project_domain_id: 'None',
    domain_id: 'None',
    system_scope: 'None',
    is_admin: 'False',
    is_admin_project: 'True',
    service_user_id: 'None',
    service_project_id: 'None',
  })
})

test('known credentials of a caller are their text', () => {
  const values = valuesOf({
    userDomainId: 'd1',
    projectDomainId: 'd2',
    roles: new Set(['admin']),
    isAdminProject: false,
  })
  const { user_domain_id, project_domain_id, is_admin, is_admin_project } = values
  assert.equal(
    { user_domain_id, project_domain_id, is_admin, is_admin_project },
    {
      user_domain_id: 'd1',
      project_domain_id: 'd2',
      is_admin: 'True',
      is_admin_project: 'False',
    },
  )
})

test("a service's credentials are separate from its user's", () => {
  const service = { userId: 'nova', projectId: 'services', roles: new Set(['service']) }
  const identity = { ...bare, service }
  assert.is(CREDENTIALS.get('service_user_id')?.(identity), 'nova')
  assert.is(CREDENTIALS.get('service_project_id')?.(identity), 'services')
  assert.equal(LIST_CREDENTIALS.get('service_roles')?.(identity), service.roles)
  assert.equal(LIST_CREDENTIALS.get('service_roles')?.(bare), new Set())
  assert.equal(LIST_CREDENTIALS.get('roles')?.(identity), bare.roles)
})

test.run()
