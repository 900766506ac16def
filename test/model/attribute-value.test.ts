import * as assert from 'uvu/assert'
import {
  type AttributeValue,
  type Item,
  isAttributeType,
  itemSizeBytes,
  valueSizeBytes,
  valuesEqual,
} from '../../src/model/attribute-value.ts'
import { encodeItem, readItem } from '../../src/model/typed-json.ts'
import { seeded } from '../seeded.ts'
import { randomItem, randomValue } from '../support/hostile/values.ts'
import { suite } from '../support/suite.ts'

const test = suite('attribute value')

const TYPED_MAP_TYPES = ['SSM', 'SNM', 'SBM', 'NSM', 'NNM', 'NBM', 'BSM', 'BNM', 'BBM']

test('there are exactly nineteen types of values', () => {
  const types = ['S', 'N', 'B', 'SS', 'NS', 'BS', ...TYPED_MAP_TYPES, 'BOOL', 'NULL', 'L', 'M']
  assert.equal(types.filter(isAttributeType), types)
  const others = [
    '',
    's',
    'LS',
    'SM',
    'MM',
    'SSMM',
    'SSM\n',
    'bool',
    '__proto__',
    'toString',
    'LSM',
  ]
  assert.equal(others.filter(isAttributeType), [])
})

/** Another value of the same type. */
function changed(value: AttributeValue): AttributeValue {
  switch (value.type) {
    case 'S':
      return { type: 'S', value: `${value.value}x` }
    case 'N':
      return { type: 'N', value: value.value === '5' ? '6' : '5' }
    case 'B':
      return { type: 'B', value: Buffer.concat([value.value, Buffer.of(0)]) }
    case 'BOOL':
      return { type: 'BOOL', value: !value.value }
    case 'NULL':
      return { type: 'S', value: '' }
    case 'L':
      return { type: 'L', value: [...value.value, { type: 'NULL', value: true }] }
    case 'M': {
      const members = new Map(value.value)
      return { type: 'M', value: members.set('other', { type: 'NULL', value: true }) }
    }
    default:
      return value.value.length > 0
        ? ({ type: value.type, value: value.value.slice(1) } as AttributeValue)
        : { type: 'NULL', value: true }
  }
}

/** A deep copy. */
function copied(value: AttributeValue): AttributeValue {
  const copy = readItem(encodeItem(new Map([['v', value]])).json).get('v')
  assert.ok(copy)
  return copy ?? value
}

test('values are equal if type and value are', () => {
  const random = seeded('equality')
  for (let round = 0; round < 3_000; round++) {
    const value = randomValue(random, 3)
    assert.ok(valuesEqual(value, copied(value)))
    assert.not.ok(valuesEqual(value, changed(value)), JSON.stringify(value))
    assert.not.ok(valuesEqual(changed(value), value))
  }
  assert.not.ok(valuesEqual({ type: 'S', value: '1' }, { type: 'N', value: '1' }))
  assert.not.ok(valuesEqual({ type: 'SS', value: [] }, { type: 'NS', value: [] }))
})

test('maps are equal in any order, lists only in the same order', () => {
  const one: AttributeValue = { type: 'N', value: '1' }
  const two: AttributeValue = { type: 'N', value: '2' }
  const map = (...entries: [string, AttributeValue][]) =>
    ({ type: 'M', value: new Map(entries) }) as const
  assert.ok(valuesEqual(map(['a', one], ['b', two]), map(['b', two], ['a', one])))
  assert.not.ok(valuesEqual(map(['a', one]), map(['b', one])))
  assert.not.ok(valuesEqual(map(['a', one]), map(['a', two])))
  const list = (...value: AttributeValue[]) => ({ type: 'L', value }) as const
  assert.not.ok(valuesEqual(list(one, two), list(two, one)))
})

const SIZES: readonly (readonly [AttributeValue, number])[] = [
  [{ type: 'S', value: '' }, 0],
  [{ type: 'S', value: 'é€\u{10000}' }, 9],
  [{ type: 'N', value: '1234' }, 3],
  [{ type: 'B', value: Buffer.alloc(5) }, 5],
  [{ type: 'BOOL', value: false }, 1],
  [{ type: 'NULL', value: true }, 1],
  [{ type: 'SS', value: ['a', 'bc'] }, 3],
  [{ type: 'NS', value: ['-1', '12'] }, 5],
  [{ type: 'BS', value: [Buffer.alloc(2), Buffer.alloc(3)] }, 5],
  [{ type: 'L', value: [] }, 3],
  [{ type: 'L', value: [{ type: 'S', value: 'ab' }] }, 6],
  [{ type: 'M', value: new Map() }, 3],
  [{ type: 'M', value: new Map([['é', { type: 'BOOL', value: true }]]) }, 7],
  [{ type: 'SNM', value: [['ab', '7']] }, 8],
  [{ type: 'NBM', value: [['7', Buffer.alloc(4)]] }, 10],
]
for (const [value, size] of SIZES) {
  test(`the size of ${value.type} ${JSON.stringify(value.value)} is ${size}`, () => {
    assert.is(valueSizeBytes(value), size)
  })
}

test('the size of an item counts the names in bytes', () => {
  const item: Item = new Map([
    ['é', { type: 'S', value: 'abc' }],
    ['__proto__', { type: 'N', value: '1' }],
  ])
  assert.is(itemSizeBytes(item), 2 + 3 + 9 + 2)
  assert.is(itemSizeBytes(new Map()), 0)
})

test('the size of an item is the sum of its parts', () => {
  const random = seeded('sizes')
  for (let round = 0; round < 500; round++) {
    const item = randomItem(random)
    const parts = [...item].map(([name, value]) => Buffer.byteLength(name) + valueSizeBytes(value))
    assert.is(
      itemSizeBytes(item),
      parts.reduce((a, b) => a + b, 0),
    )
  }
})

test.run()
