import * as assert from 'uvu/assert'
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts'
import { keyAttributeNames, keyOf } from '../../src/model/table.ts'
import { suite } from '../support/suite.ts'

const test = suite('table')

const INDEX = {
  kind: 'local',
  name: 'by-i',
  number: 0,
  range: 'i',
  projection: { type: 'ALL' },
} as const

test('the key of an item is its hash, range and index range, as far as present', () => {
  const value: AttributeValue = { type: 'S', value: 'x' }
  const item: Item = new Map(['other', 'i', 'r', 'h'].map((name) => [name, value]))
  assert.equal([...keyOf(item, { hash: 'h' }).keys()], ['h'])
  assert.equal([...keyOf(item, { hash: 'h', range: 'r' }).keys()], ['h', 'r'])
  assert.equal([...keyOf(item, { hash: 'h', range: 'r' }, INDEX).keys()], ['h', 'r', 'i'])
  const sparse: Item = new Map([['h', value]])
  assert.equal([...keyOf(sparse, { hash: 'h', range: 'r' }, INDEX).keys()], ['h'])
  assert.equal(keyAttributeNames({ hash: 'h' }), ['h'])
})

test.run()
