import * as assert from 'uvu/assert'
import type { Check } from '../../src/policy/checks.ts'
import { parseRule, type RuleText } from '../../src/policy/parser.ts'
import { PolicyError } from '../../src/policy/policy-error.ts'
import { test } from '../support/suite.ts'

/** The rule with all parentheses. */
function shape(rule: RuleText): string {
  return show(parseRule(rule))
}

function show(check: Check): string {
  switch (check.kind) {
    case 'true':
      return '@'
    case 'false':
      return '!'
    case 'and':
    case 'or': {
      const [first = '!', ...rest] = check.checks.map(show)
      return rest.length === 0 ? first : `(${[first, ...rest].join(` ${check.kind} `)})`
    }
    case 'not':
      return `not ${show(check.check)}`
    case 'role':
    case 'rule':
      return `${check.kind}:${check.name}`
    case 'generic':
      return `${check.left}:${check.right}`
  }
}

test('an empty rule and @ allow, ! denies', () => {
  assert.is(shape(''), '@')
  assert.is(shape('@'), '@')
  assert.is(shape('!'), '!')
})

test('not binds tighter than and, and tighter than or', () => {
  assert.is(shape('a:1 or b:2 and c:3'), '(a:1 or (b:2 and c:3))')
  assert.is(shape('a:1 and b:2 or c:3 and d:4'), '((a:1 and b:2) or (c:3 and d:4))')
  assert.is(shape('not a:1 and b:2'), '(not a:1 and b:2)')
  assert.is(shape('not not a:1'), 'not not a:1')
})

test('parentheses may touch words, and keywords have any case', () => {
  assert.is(shape('(a:1 or b:2) and c:3'), '((a:1 or b:2) and c:3)')
  assert.is(shape('NOT ( a:1 Or b:2 )'), 'not (a:1 or b:2)')
  assert.is(shape('((a:1))'), 'a:1')
  assert.is(shape('(project_id:%(project_id)s and a:1)'), '(project_id:%(project_id)s and a:1)')
})

test('checks for roles, rules and any other kind have a colon', () => {
  assert.is(shape('role:admin'), 'role:admin')
  assert.is(shape('rule:project_reader'), 'rule:project_reader')
  assert.is(shape('role:compute:admin'), 'role:compute:admin')
  assert.is(shape("'x':%(y)s"), "'x':%(y)s")
})

test('text that cannot be parsed denies and is reported', () => {
  for (const rule of [
    '   ',
    'a:1 b:2',
    'and',
    'a:1 and',
    'or a:1',
    'not',
    '(a:1',
    'a:1)',
    '()',
    '"quoted"',
    "a:1 or 'quoted'",
    'a:1 and and b:2',
  ]) {
    const problems: string[] = []
    const check = parseRule(rule, (problem) => problems.push(problem))
    assert.is(show(check), '!', rule)
    assert.is(problems.length, 1, rule)
  }
})

test('a word that is no check denies only by itself', () => {
  assert.is(shape('nonsense or role:admin'), '(! or role:admin)')
})

test('remote checks are refused anywhere in a rule', () => {
  for (const rule of [
    'http://evil.example.org/%(project_id)s',
    'role:admin or (not https://evil.example.org/)',
    ['role:admin', ['role:reader', 'http:x']],
  ]) {
    assert.throws(
      () => parseRule(rule),
      (error: unknown) => error instanceof PolicyError && /remote checks/.test(error.message),
    )
  }
})

test('lists are alternatives of checks that must all hold', () => {
  assert.is(shape([]), '@')
  assert.is(shape([['a:1', 'b:2'], ['c:3'], 'd:4']), '((a:1 and b:2) or c:3 or d:4)')
  assert.is(shape([[], '', 'a:1']), 'a:1')
  assert.is(shape(['@']), '@')
})

test('words of checks in lists are no operators', () => {
  assert.is(shape(['a:1 or b:2']), 'a:1 or b:2')
  assert.is(shape(['(a:1)']), '(a:1)')
})

test('a list of empty alternatives denies and is reported', () => {
  const problems: string[] = []
  const check = parseRule([[], ''], (problem) => problems.push(problem))
  assert.is(show(check), '!')
  assert.is(problems.length, 1)
})

test('white space is the same as in Python', () => {
  assert.is(shape('a:1\u00a0or\u0085b:2\x1cor\u2003c:3'), '(a:1 or b:2 or c:3)')
  assert.is(shape('a:1\ufeffor\ufeffb:2'), 'a:1\ufeffor\ufeffb:2')
})

test('too deeply nested a rule denies', () => {
  assert.is(shape(`${'('.repeat(60)}a:1${')'.repeat(60)}`), 'a:1')
  assert.is(shape(`${'('.repeat(100_000)}a:1${')'.repeat(100_000)}`), '!')
  assert.is(shape(`${'not '.repeat(100_000)}a:1`), '!')
})

test.run()
