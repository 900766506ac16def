import * as assert from 'uvu/assert'
import { Faults } from '../../../src/dialect/dynamodb/attribute/faults.ts'
import { RequestExpressions } from '../../../src/dialect/dynamodb/expression/request-expressions.ts'
import { Templates } from '../../../src/dialect/dynamodb/expression/templates.ts'
import { decodeFilter } from '../../../src/dialect/dynamodb/legacy/conditions.ts'
import { decodeExpected } from '../../../src/dialect/dynamodb/legacy/expected.ts'
import { suite } from '../../support/suite.ts'
import { messageOf } from './message-of.ts'

const conditions = suite('limits on conditions and operands')

const decoded = (i: number) => ({
  ...{ value: { type: 'S', value: `${i}` } as const, faults: new Faults() },
})

conditions('300 legacy conditions are accepted, 301 are refused', () => {
  const conditionsOf = (count: number) =>
    new Map(Array.from({ length: count }, (_, i) => [`a${i}`, { ComparisonOperator: 'NULL' }]))
  for (const decode of [decodeFilter, decodeExpected]) {
    const decodeMany = (count: number) => () => decode(conditionsOf(count) as never, undefined)
    assert.is(messageOf(decodeMany(300)), '')
    assert.match(messageOf(decodeMany(301)), 'more than 300 conditions')
  }
})

conditions('IN accepts 100 operands, and 101 are refused', () => {
  const asked = (count: number) => () => {
    const keys = Array.from({ length: count }, (_, i) => `:v${i}`)
    const values = new Map(keys.map((key, i) => [key, decoded(i)]))
    new RequestExpressions(new Templates(), { ExpressionAttributeValues: values }).condition(
      'FilterExpression',
      `a IN (${keys.join()})`,
    )
  }
  assert.is(messageOf(asked(100)), '')
  assert.is(
    messageOf(asked(101)),
    'Invalid FilterExpression: The IN operator is provided with too many operands; ' +
      'number of operands: 101',
  )
  const legacy = (count: number) => () => {
    const AttributeValueList = Array.from({ length: count }, (_, i) => decoded(i))
    decodeFilter(new Map([['a', { ComparisonOperator: 'IN', AttributeValueList }]]), undefined)
  }
  assert.is(messageOf(legacy(100)), '')
  assert.match(messageOf(legacy(101)), 'Invalid number of argument(s) for the IN')
})

conditions.run()
