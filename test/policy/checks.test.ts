import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Identity } from '../../src/identity/request-context.ts'
import { compileCheck } from '../../src/policy/checks.ts'
import { parseRule } from '../../src/policy/parser.ts'

const identity: Identity = {
  userId: 'u1',
  userDomainId: 'd1',
  projectId: 'p1',
  roles: new Set(['member', 'reader']),
  expiresAt: Number.POSITIVE_INFINITY,
}

function allows(rule: string, projectId = 'p1'): boolean {
  return compileCheck(parseRule(rule), () => undefined)(identity, { projectId })
}

test('roles are compared without regard to case', () => {
  assert.ok(allows('role:member'))
  assert.ok(allows('role:Member'))
  assert.not(allows('role:admin'))
  assert.not(allows('role:mem'))
  assert.ok(allows('role:%(project_id)s', 'Reader'))
})

test('and, or, not', () => {
  assert.ok(allows('role:member and role:reader'))
  assert.not(allows('role:member and role:admin and role:reader'))
  assert.ok(allows('role:admin or role:auditor or role:reader'))
  assert.not(allows('role:admin or role:auditor'))
  assert.ok(allows('not role:admin'))
  assert.not(allows('not (role:admin or role:member)'))
})

test('what the caller is, against what the target is', () => {
  assert.ok(allows('project_id:%(project_id)s'))
  assert.not(allows('project_id:%(project_id)s', 'p2'))
  assert.ok(allows('user_id:u1'))
  assert.not(allows('user_id:U1'))
  assert.ok(allows('user_domain_id:d1'))
  assert.ok(allows('roles:member'))
  assert.not(allows('roles:admin'))
})

test('literals against what the target is', () => {
  assert.ok(allows("'p1':%(project_id)s"))
  assert.ok(allows('"p1":%(project_id)s'))
  assert.not(allows("'p2':%(project_id)s"))
  assert.ok(allows('True:True'))
  assert.not(allows('True:true'))
  assert.ok(allows('7:%(project_id)s', '7'))
  assert.ok(allows("'x-p1':x-%(project_id)s"))
  assert.ok(allows("'100%':100%%"))
})

test('what is not there, or cannot be understood, denies', () => {
  for (const rule of [
    'project_id:%(table.name)s',
    'project_id:%(__proto__)s',
    "'p1':%(project_id)d",
    "'%s':%s",
    'project_domain_id:undefined',
    'project_domain_id:None',
    'nonsense:x',
    'constructor:x',
    '__proto__:x',
    'toString:x',
    "'a\\'b':x",
    'rule:missing',
    'role:%(missing)s',
  ]) {
    assert.not(allows(rule), rule)
  }
})

test.run()
