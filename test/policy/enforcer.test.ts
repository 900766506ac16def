import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Identity } from '../../src/identity/request-context.ts'
import { Enforcer } from '../../src/policy/enforcer.ts'

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

test('a rule may refer to others, whichever comes first', () => {
  const enforcer = enforcerOf({ a: 'rule:b', b: 'rule:c or rule:d', c: 'role:x', d: 'role:y' })
  assert.ok(enforcer.allows('a', identityWith('y'), target))
  assert.not(enforcer.allows('a', identityWith('z'), target))
  assert.equal(enforcer.problems, [])
})

test('an operation without a rule is decided by default, or denied', () => {
  assert.not(enforcerOf({ a: '@' }).allows('b', identityWith(), target))
  const enforcer = enforcerOf({ a: '!', default: 'role:x' })
  assert.ok(enforcer.allows('b', identityWith('x'), target))
  assert.not(enforcer.allows('b', identityWith('y'), target))
  assert.not(enforcer.allows('a', identityWith('x'), target))
})

test('names of objects are no rules', () => {
  const enforcer = enforcerOf({ a: '@' })
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.not(enforcer.allows(name, identityWith('admin'), target))
  }
})

test('a missing rule denies, and is reported', () => {
  const enforcer = enforcerOf({ a: 'rule:missing or role:x' })
  assert.not(enforcer.allows('a', identityWith(), target))
  assert.ok(enforcer.allows('a', identityWith('x'), target))
  assert.equal(enforcer.problems, ["a: there is no rule 'missing'"])
})

test('rules in a circle deny, also where a not would turn that round', () => {
  const enforcer = enforcerOf({
    a: 'rule:b or @',
    b: 'not rule:a',
    self: 'not rule:self',
    outside: 'not rule:a',
    fine: 'role:x',
  })
  for (const name of ['a', 'b', 'self', 'outside']) {
    assert.not(enforcer.allows(name, identityWith('x'), target), name)
  }
  assert.ok(enforcer.allows('fine', identityWith('x'), target))
  assert.is(enforcer.problems.length, 4)
})

test('a very long rule is asked without trouble', () => {
  const many = Array.from({ length: 50_000 }, (_, n) => `role:r${n}`).join(' or ')
  assert.ok(enforcerOf({ many }).allows('many', identityWith('r49999'), target))
})

test.run()
