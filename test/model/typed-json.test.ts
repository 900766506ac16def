import * as assert from 'uvu/assert'
import { type AttributeValue, type Item, valuesEqual } from '../../src/model/attribute-value.ts'
import { finished } from '../../src/model/steps.ts'
import { encodeAsDocuments, encodeItem, readItem } from '../../src/model/typed-json.ts'
import { seeded } from '../seeded.ts'
import { HOSTILE_NAMES, randomItem } from '../support/hostile/values.ts'
import { suite } from '../support/suite.ts'

const test = suite('typed json')

function sameItem(a: Item, b: Item): boolean {
  return valuesEqual({ type: 'M', value: a }, { type: 'M', value: b })
}

test('any item is written as JSON without spaces and read back', () => {
  const random = seeded('typed json')
  for (let round = 0; round < 3_000; round++) {
    const item = randomItem(random)
    const { json } = encodeItem(item)
    assert.ok(sameItem(readItem(json), item), json)
    assert.is(
      encodeItem(readItem(encodeItem(readItem(json)).json)).json,
      encodeItem(readItem(json)).json,
    )
    const names = Object.keys(JSON.parse(json)).sort()
    assert.equal(names, [...item.keys()].sort())
  }
})

const TEXTS: readonly (readonly [AttributeValue, string])[] = [
  [{ type: 'S', value: '"\\\n\u0001é\u{10000}' }, '{"S":"\\"\\\\\\n\\u0001é\u{10000}"}'],
  [{ type: 'N', value: '-1.5' }, '{"N":"-1.5"}'],
  [{ type: 'B', value: Buffer.of(0, 255) }, '{"B":"AP8="}'],
  [{ type: 'SS', value: ['a', 'b'] }, '{"SS":["a","b"]}'],
  [{ type: 'NS', value: ['-1', '2'] }, '{"NS":["-1","2"]}'],
  [{ type: 'BS', value: [Buffer.of(1)] }, '{"BS":["AQ=="]}'],
  [{ type: 'BOOL', value: true }, '{"BOOL":true}'],
  [{ type: 'BOOL', value: false }, '{"BOOL":false}'],
  [{ type: 'NULL', value: true }, '{"NULL":true}'],
  [{ type: 'L', value: [{ type: 'L', value: [] }] }, '{"L":[{"L":[]}]}'],
  [{ type: 'M', value: new Map([['', { type: 'S', value: '' }]]) }, '{"M":{"":{"S":""}}}'],
  [{ type: 'BNM', value: [[Buffer.of(0), '0']] }, '{"BNM":{"AA==":"0"}}'],
]
for (const [value, json] of TEXTS) {
  test(`${value.type} is written ${json}`, () => {
    assert.is(encodeItem(new Map([['a', value]])).json, `{"a":${json}}`)
    assert.ok(sameItem(readItem(`{"a":${json}}`), new Map([['a', value]])))
  })
}

test('an empty item is {}', () => {
  assert.is(encodeItem(new Map()).json, '{}')
  assert.is(readItem('{}').size, 0)
})

test('hostile names are ordinary names at every level', () => {
  const value: AttributeValue = { type: 'S', value: 'x' }
  const inner: Item = new Map(HOSTILE_NAMES.map((name) => [name, value]))
  const item: Item = new Map(HOSTILE_NAMES.map((name) => [name, { type: 'M', value: inner }]))
  const read = readItem(encodeItem(item).json)
  assert.equal([...read.keys()].sort(), [...HOSTILE_NAMES].sort())
  assert.ok(sameItem(read, item))
  assert.is(Object.getPrototypeOf({}), Object.prototype)
})

test('typed maps are read back in the order of their keys', () => {
  const text: AttributeValue = {
    type: 'SSM',
    value: [
      ['!', 'a'],
      ['10', 'b'],
      ['9', 'c'],
      ['__proto__', 'd'],
    ],
  }
  const number: AttributeValue = {
    type: 'NNM',
    value: [
      ['-2', '1'],
      ['-1', '2'],
      ['0.5', '3'],
      ['2', '4'],
      ['10', '5'],
    ],
  }
  const item: Item = new Map([
    ['text', text],
    ['number', number],
  ])
  const { json } = encodeItem(item)
  assert.match(json, '{"!":"a","10":"b","9":"c","__proto__":"d"}')
  assert.match(json, '{"-2":"1","-1":"2","0.5":"3","2":"4","10":"5"}')
  assert.equal(readItem(json), item)
})

test('typed maps are reported at every depth, and nothing else is', () => {
  const typed: AttributeValue = { type: 'SSM', value: [] }
  const plain: AttributeValue = { type: 'M', value: new Map() }
  const holds = (value: AttributeValue) => encodeItem(new Map([['a', value]])).typedMaps
  assert.is(holds(typed), true)
  assert.is(holds({ type: 'L', value: [plain, typed] }), true)
  assert.is(holds({ type: 'M', value: new Map([['m', { type: 'L', value: [typed] }]]) }), true)
  assert.is(holds(plain), false)
  assert.is(holds({ type: 'L', value: [plain] }), false)
  assert.is(holds({ type: 'SS', value: ['SSM'] }), false)
})

test('strings of every character and length are written as in JSON', () => {
  const written = (value: string) => encodeItem(new Map([[value, { type: 'S', value }]])).json
  const expected = (value: string) => JSON.stringify({ [value]: { S: value } })
  for (let unit = 0; unit < 0x180; unit++) {
    const text = `a${String.fromCharCode(unit)}b`
    assert.is(written(text), expected(text))
  }
  for (const length of [0, 99, 100, 101, 5_000]) {
    for (const text of ['x'.repeat(length), '"'.repeat(length)]) {
      assert.is(written(text), expected(text))
    }
  }
})

test('typed maps are encoded as documents, wherever they are', () => {
  const typed: AttributeValue = { type: 'SNM', value: [['a', '1']] }
  const numbers: AttributeValue = { type: 'NBM', value: [['1.5', Buffer.of(1)]] }
  const binaries: AttributeValue = { type: 'BSM', value: [[Buffer.of(1), 'x']] }
  const item: Item = new Map<string, AttributeValue>([
    ['text', { type: 'S', value: 'x' }],
    ['typed', typed],
    ['list', { type: 'L', value: [numbers, { type: 'M', value: new Map([['b', binaries]]) }] }],
  ])
  assert.equal(finished(encodeAsDocuments(encodeItem(item))), {
    json:
      '{"text":{"S":"x"},"typed":{"M":{"a":{"N":"1"}}},' +
      '"list":{"L":[{"M":{"1.5":{"B":"AQ=="}}},{"M":{"b":{"M":{"AQ==":{"S":"x"}}}}}]}}',
    typedMaps: false,
  })
  const plain = encodeItem(new Map([['text', { type: 'S', value: 'x' }]]))
  assert.is(finished(encodeAsDocuments(plain)), plain)
})

test.run()
