import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Check } from '../../src/policy/checks.ts'
import { parseRule } from '../../src/policy/parser.ts'

/** The rule with every parenthesis that its meaning has. */
function shape(rule: string): string {
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
      const [first, ...rest] = check.checks.map(show)
      return rest.length === 0 ? (first ?? '') : `(${[first, ...rest].join(` ${check.kind} `)})`
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

test('nothing at all allows, and so does @; ! denies', () => {
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

test('parentheses stand before and behind words, keywords are written in any case', () => {
  assert.is(shape('(a:1 or b:2) and c:3'), '((a:1 or b:2) and c:3)')
  assert.is(shape('NOT ( a:1 Or b:2 )'), 'not (a:1 or b:2)')
  assert.is(shape('((a:1))'), 'a:1')
  assert.is(shape('(project_id:%(project_id)s and a:1)'), '(project_id:%(project_id)s and a:1)')
})

test('roles and rules, and everything else with a colon', () => {
  assert.is(shape('role:admin'), 'role:admin')
  assert.is(shape('rule:project_reader'), 'rule:project_reader')
  assert.is(shape('role:compute:admin'), 'role:compute:admin')
  assert.is(shape("'x':%(y)s"), "'x':%(y)s")
})

test('what cannot be understood denies, and is reported', () => {
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

test('a word that is no check denies by itself', () => {
  assert.is(shape('nonsense or role:admin'), '(! or role:admin)')
  assert.is(shape('http://evil.example.org/%(project_id)s'), '!')
  assert.is(shape('https://evil.example.org/ or role:admin'), '(! or role:admin)')
})

test('a rule that is nested without end denies', () => {
  assert.is(shape(`${'('.repeat(60)}a:1${')'.repeat(60)}`), 'a:1')
  assert.is(shape(`${'('.repeat(100_000)}a:1${')'.repeat(100_000)}`), '!')
  assert.is(shape(`${'not '.repeat(100_000)}a:1`), '!')
})

test.run()
