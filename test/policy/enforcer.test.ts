import * as assert from 'uvu/assert'
import type { Identity } from '../../src/identity/request-context.ts'
import { Enforcer } from '../../src/policy/enforcer.ts'
import { test } from '../support/suite.ts'

const target = { projectId: 'p1' }

function identityWith(...roles: string[]): Identity {
  return {
    userId: 'u1',
    projectId: 'p1',
    roles: new Set(roles),
    expiresAt: Number.POSITIVE_INFINITY,
  }
}

function enforcerOf(rules: Readonly<Record<string, string>>): Enforcer {
  return new Enforcer(Object.entries(rules).map(([name, checkStr]) => ({ name, checkStr })))
}

test('a rule can refer to other rules in any order', () => {
  const enforcer = enforcerOf({ a: 'rule:b', b: 'rule:c or rule:d', c: 'role:x', d: 'role:y' })
  assert.ok(enforcer.allows('a', identityWith('y'), target))
  assert.not(enforcer.allows('a', identityWith('z'), target))
  assert.equal(enforcer.problems, [])
})

test('an operation without a rule uses the default rule, or is denied', () => {
  assert.not(enforcerOf({ a: '@' }).allows('b', identityWith(), target))
  const enforcer = enforcerOf({ a: '!', default: 'role:x' })
  assert.ok(enforcer.allows('b', identityWith('x'), target))
  assert.not(enforcer.allows('b', identityWith('y'), target))
  assert.not(enforcer.allows('a', identityWith('x'), target))
})

test('names such as __proto__ are no rules', () => {
  const enforcer = enforcerOf({ a: '@' })
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.not(enforcer.allows(name, identityWith('admin'), target))
  }
})

test('a reference to a missing rule denies and is reported', () => {
  const enforcer = enforcerOf({ a: 'rule:missing or role:x' })
  assert.not(enforcer.allows('a', identityWith(), target))
  assert.ok(enforcer.allows('a', identityWith('x'), target))
  assert.equal(enforcer.problems, ["a: there is no rule 'missing'"])
})

test('a reference to a missing rule uses the default rule', () => {
  const enforcer = enforcerOf({ a: 'rule:missing', default: 'role:x' })
  assert.ok(enforcer.allows('a', identityWith('x'), target))
  assert.not(enforcer.allows('a', identityWith('y'), target))
  const other = new Enforcer([{ name: 'fallback', checkStr: 'role:x' }], 'fallback')
  assert.ok(other.allows('a', identityWith('x'), target))
})

test('a circular decision denies, also behind a not', () => {
  const enforcer = enforcerOf({
    a: 'rule:b or @',
    b: 'not rule:a',
    self: 'not rule:self',
    outside: 'not rule:a',
    fine: 'role:x',
    default: 'rule:missing',
  })
  for (const name of ['a', 'b', 'self', 'outside', 'default', 'unknown']) {
    assert.not(enforcer.allows(name, identityWith('x'), target), name)
  }
  assert.ok(enforcer.allows('fine', identityWith('x'), target))
  assert.is(enforcer.problems.filter((problem) => /leads back/.test(problem)).length, 5)
})

test('a cycle that a decision does not reach has no effect', () => {
  const enforcer = enforcerOf({ a: 'role:x or rule:b', b: 'rule:a' })
  assert.ok(enforcer.allows('b', identityWith('x'), target))
  assert.not(enforcer.allows('b', identityWith('y'), target))
})

test('too long a chain of rules denies, and the next decision is unaffected', () => {
  const chain = Array.from({ length: 20_000 }, (_, n) => [`r${n}`, `rule:r${n + 1}`] as const)
  const enforcer = enforcerOf({ ...Object.fromEntries(chain), r20000: 'role:x' })
  assert.not(enforcer.allows('r0', identityWith('x'), target))
  assert.ok(enforcer.allows('r19950', identityWith('x'), target))
})

test('an unknown check denies a decision that reaches it', () => {
  const enforcer = enforcerOf({ a: 'not role:%(project_id)d', b: 'role:x or rule:a' })
  assert.not(enforcer.allows('a', identityWith('x'), target))
  assert.ok(enforcer.allows('b', identityWith('x'), target))
})

test('new rules replace all rules, unless one cannot be used', () => {
  const enforcer = enforcerOf({ a: 'role:x', b: '@' })
  enforcer.setRules([
    { name: 'a', checkStr: '!' },
    { name: 'a', checkStr: 'role:y' },
  ])
  assert.ok(enforcer.allows('a', identityWith('y'), target))
  assert.not(enforcer.allows('b', identityWith('y'), target))
  const remote = [{ name: 'a', checkStr: 'http:x', where: '/etc/policy.yaml' }]
  assert.throws(
    () => enforcer.setRules(remote),
    '/etc/policy.yaml: a: remote checks (http:) are not supported',
  )
  assert.ok(enforcer.allows('a', identityWith('y'), target))
})

test('a rule of 50,000 checks is decided', () => {
  const many = Array.from({ length: 50_000 }, (_, n) => `role:r${n}`).join(' or ')
  assert.ok(enforcerOf({ many }).allows('many', identityWith('r49999'), target))
})

test.run()
