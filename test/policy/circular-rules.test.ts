import * as assert from 'uvu/assert'
import { circularRules } from '../../src/policy/circular-rules.ts'
import { test } from '../support/suite.ts'

function circular(rules: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return circularRules(new Map(Object.entries(rules).map(([name, to]) => [name, new Set(to)])))
}

test('rules without a cycle are not reported as circular', () => {
  assert.equal(circular({ a: ['b', 'c'], b: ['c'], c: [] }), [])
})

test('circular rules, and rules that lead to them, are listed in order', () => {
  assert.equal(circular({ a: ['b'], b: ['c', 'd'], c: ['b'], d: [], self: ['self'] }), [
    'a',
    'b',
    'c',
    'self',
  ])
})

test.run()
