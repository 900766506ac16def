import * as assert from 'uvu/assert'
import { parseTokenBody } from '../../../../src/identity/keystone/tokens/token-body.ts'
import { test } from '../../../support/suite.ts'
import { tokenBody } from '../fake-keystone.ts'

function parse(changes: Readonly<Record<string, unknown>> = {}) {
  return parseTokenBody(JSON.stringify(tokenBody(changes)))
}

test('a project token becomes an identity, its roles as Keystone spells them', () => {
  const { expiresAt, identity, accessRules } = parse() ?? {}
  assert.equal(
    { expiresAt, identity, accessRules },
    {
      expiresAt: Date.UTC(2099, 0, 1),
      identity: {
        userId: 'u1',
        userName: 'ann',
        userDomainId: 'default',
        projectId: 'p1',
        projectName: 'demo',
        projectDomainId: 'default',
        roles: new Set(['Member', 'reader']),
        isAdminProject: true,
        expiresAt: Date.UTC(2099, 0, 1),
      },
      accessRules: undefined,
    },
  )
})

test('a token can state that its project is not the admin project', () => {
  assert.is(parse({ is_admin_project: false })?.identity?.isAdminProject, false)
  assert.is(parse({ is_admin_project: true })?.identity?.isAdminProject, true)
})

test('a trust token is a project token', () => {
  const trust = { 'OS-TRUST:trust': { id: 't', impersonation: true } }
  assert.is(parse(trust)?.identity?.projectId, 'p1')
})

test('unscoped, domain and system tokens have no identity', () => {
  const scopes = [
    { project: undefined, roles: undefined },
    { project: undefined, domain: { id: 'default' } },
    { project: undefined, system: { all: true } },
    { is_domain: true },
    { domain: { id: 'default' } },
    { system: { all: true } },
  ]
  for (const scope of scopes) {
    const body = parse(scope)
    assert.ok(body, JSON.stringify(scope))
    assert.is(body.identity, undefined, JSON.stringify(scope))
  }
})

test('access rules are read; an empty list stays a list', () => {
  const rule = { id: 'x', service: 'kv-storage', method: 'GET', path: '/v1/**' }
  const withRules = (rules: unknown) => ({
    application_credential: { id: 'a', access_rules: rules },
  })
  assert.equal(parse(withRules([rule]))?.accessRules, [
    { service: 'kv-storage', method: 'GET', path: '/v1/**' },
  ])
  assert.equal(parse(withRules([]))?.accessRules, [])
  assert.is(parse(withRules(undefined))?.accessRules, undefined)
  assert.is(parse(withRules(null))?.accessRules, undefined)
})

test('an answer of another shape counts as no answer', () => {
  const shapes = [
    { expires_at: undefined },
    { expires_at: 'soon' },
    { expires_at: 1 },
    { user: undefined },
    { user: { name: 'ann' } },
    { user: { id: '' } },
    { user: { id: 7 } },
    { project: { name: 'demo' } },
    { project: { id: '../p1' } },
    { project: { id: 'x'.repeat(65) } },
    { project: null },
    { roles: 'member' },
    { roles: [{ id: 'r1' }] },
    { roles: null },
    { application_credential: 'a' },
    { application_credential: { access_rules: 'all' } },
    { application_credential: { access_rules: [{ path: '/v1/**' }] } },
  ]
  for (const shape of shapes) assert.is(parse(shape), undefined, JSON.stringify(shape))
  for (const text of ['', 'null', '[]', '{}', '{"token":[]}', '{"token":null}', '<html>']) {
    assert.is(parseTokenBody(text), undefined, text)
  }
})

test('role names such as __proto__ are ordinary names', () => {
  const body = parseTokenBody(
    JSON.stringify(tokenBody()).replace('"Member"', '"__proto__"').replace('"u1"', '"constructor"'),
  )
  assert.equal(body?.identity?.roles, new Set(['__proto__', 'reader']))
  assert.is(body?.identity?.userId, 'constructor')
})

test.run()
