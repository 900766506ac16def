import * as assert from 'uvu/assert'
import type { Identity } from '../../src/identity/request-context.ts'
import { compileCheck, UNDECIDABLE } from '../../src/policy/checks.ts'
import { parseRule } from '../../src/policy/parser.ts'
import { test } from '../support/suite.ts'

const ann: Identity = {
  userId: 'u1',
  userDomainId: 'd1',
  projectId: 'p1',
  roles: new Set(['member', 'reader']),
  expiresAt: Number.POSITIVE_INFINITY,
}

function decide(rule: string, projectId = 'p1', identity = ann): boolean | 'undecidable' {
  const surroundings = { resolveRule: () => () => false, report: () => undefined }
  const check = compileCheck(parseRule(rule), surroundings)
  try {
    return check(identity, { projectId })
  } catch (error) {
    assert.is(error, UNDECIDABLE)
    return 'undecidable'
  }
}

function allows(rule: string, projectId?: string, identity?: Identity): boolean {
  return decide(rule, projectId, identity) === true
}

function problemsOf(rule: string): readonly string[] {
  const problems: string[] = []
  const report = (problem: string) => problems.push(problem)
  compileCheck(parseRule(rule), { resolveRule: () => () => false, report })
  return problems
}

test('role: compares without regard to case', () => {
  assert.ok(allows('role:member'))
  assert.ok(allows('role:Member'))
  assert.not(allows('role:admin'))
  assert.not(allows('role:mem'))
  assert.ok(allows('role:%(project_id)s', 'Reader'))
})

test("roles: and service_roles: compare with Keystone's spelling", () => {
  const roles = new Set(['member', 'SecSuspended'])
  const suspended = { ...ann, roles, service: { userId: 's1', roles } }
  for (const name of ['roles', 'service_roles']) {
    assert.ok(allows(`${name}:member`, 'p1', suspended), name)
    assert.ok(allows(`${name}:SecSuspended`, 'p1', suspended), name)
    assert.not(allows(`not ${name}:SecSuspended`, 'p1', suspended), name)
    assert.not(allows(`${name}:secsuspended`, 'p1', suspended), name)
  }
  assert.ok(allows('role:secsuspended', 'p1', suspended))
  assert.ok(allows('role:SECSUSPENDED', 'p1', suspended))
  assert.ok(allows('is_admin:True', 'p1', { ...ann, roles: new Set(['Admin']) }))
})

test('and, or and not combine checks', () => {
  assert.ok(allows('role:member and role:reader'))
  assert.not(allows('role:member and role:admin and role:reader'))
  assert.ok(allows('role:admin or role:auditor or role:reader'))
  assert.not(allows('role:admin or role:auditor'))
  assert.ok(allows('not role:admin'))
  assert.not(allows('not (role:admin or role:member)'))
})

test('a check compares an attribute of the caller with one of the target', () => {
  assert.ok(allows('project_id:%(project_id)s'))
  assert.not(allows('project_id:%(project_id)s', 'p2'))
  assert.ok(allows('user_id:u1'))
  assert.not(allows('user_id:U1'))
  assert.ok(allows('user_domain_id:d1'))
  assert.not(allows('roles:admin'))
})

test('a check compares a literal with an attribute of the target', () => {
  assert.ok(allows("'p1':%(project_id)s"))
  assert.ok(allows('"p1":%(project_id)s'))
  assert.not(allows("'p2':%(project_id)s"))
  assert.ok(allows('True:True'))
  assert.not(allows('True:true'))
  assert.ok(allows('7:%(project_id)s', '7'))
  assert.ok(allows("'x-p1':x-%(project_id)s"))
  assert.ok(allows("'100%':100%%"))
})

test('rules see the attributes of oslo.context, absent ones as None', () => {
  for (const rule of [
    'project_domain_id:None',
    'domain_id:None',
    'system_scope:None',
    'is_admin:False',
    'is_admin_project:True',
    'service_user_id:None',
    'not service_roles:member',
  ]) {
    assert.ok(allows(rule), rule)
    assert.equal(problemsOf(rule), [], rule)
  }
  assert.not(allows('is_admin:True'))
  assert.not(allows('system_scope:all'))
})

test('a check of a missing attribute does not match and is reported', () => {
  for (const rule of [
    'project_id:%(table.name)s',
    'project_id:%(__proto__)s',
    'nonsense:x',
    'token.project.id:x',
    'constructor:x',
    '__proto__:x',
    'toString:x',
    'role:%(missing)s',
  ]) {
    assert.is(decide(rule), false, rule)
    assert.is(decide(`not ${rule}`), true, rule)
    assert.is(problemsOf(rule).length, 1, rule)
  }
  assert.is(decide('project_domain_id:undefined'), false)
})

test('an unknown check denies the whole decision, also behind a not', () => {
  for (const rule of [
    "'p1':%(project_id)d",
    "'%s':%s",
    'role:100%',
    "'a\\'b':x",
    '[1]:x',
    'user_id.name:x',
    'roles.name:x',
    'class:x',
    'service_user_domain_id:x',
  ]) {
    assert.is(decide(rule), 'undecidable', rule)
    assert.is(decide(`not ${rule} or role:reader`), 'undecidable', rule)
    assert.is(decide(`role:reader or ${rule}`), true, rule)
    assert.is(problemsOf(rule).length, 1, rule)
  }
})

test.run()
