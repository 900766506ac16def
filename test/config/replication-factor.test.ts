import * as assert from 'uvu/assert'
import { replicationFactor } from '../../src/config/replication-factor.ts'
import { test } from '../support/suite.ts'

const { parse, format } = replicationFactor()

test('replication_factor accepts a number, or one per data center', () => {
  assert.is(parse('3'), 3)
  assert.equal(parse('dc1:3, dc-2:1'), { dc1: 3, 'dc-2': 1 })
  assert.equal(parse('dc1:3'), { dc1: 3 })
  assert.equal(Object.entries(parse('__proto__:2') ?? {}), [['__proto__', 2]])
})

test('replication_factor refuses other values', () => {
  const wrong = ['0', '101', '-1', 'dc1', 'dc1:', 'dc1:0', ':3', 'dc1:3,', 'dc1:3,dc1:2', "d'c:3"]
  for (const text of wrong) assert.is(parse(text), undefined, text)
})

test('a replication_factor is formatted as it was read', () => {
  assert.is(format(3), '3')
  assert.is(format({ dc1: 3, dc2: 2 }), 'dc1:3,dc2:2')
})

test.run()
