import * as assert from 'uvu/assert'
import { parseJson } from '../../../src/dialect/json.ts'
import { decodeValue } from '../../../src/dialect/magnetodb/attribute-codec.ts'
import { valuesEqual } from '../../../src/model/attribute-value.ts'
import { COLLECTION_ELEMENTS_MAX, NESTING_DEPTH_MAX } from '../../../src/model/limits.ts'
import { finished } from '../../../src/model/steps.ts'
import { writeValue } from '../../../src/model/typed-json.ts'
import { seeded } from '../../seeded.ts'
import { HOSTILE_NAMES, randomValue } from '../../support/hostile/values.ts'
import { test } from '../../support/suite.ts'
import { refuses } from './requests.ts'

function decode(text: string) {
  return finished(decodeValue(finished(parseJson(Buffer.from(text)))))
}

/** Values as sent, and as stored and returned. */
const CANONICAL: readonly (readonly [string, string])[] = [
  ['{"S": ""}', '{"S":""}'],
  ['{"S": "\\u00e9\\ud83d\\ude00"}', '{"S":"é😀"}'],
  ['{"N": "+007.50"}', '{"N":"7.5"}'],
  ['{"N": "-0"}', '{"N":"0"}'],
  ['{"N": "1e3"}', '{"N":"1000"}'],
  ['{"N": 42}', '{"N":"42"}'],
  ['{"N": -42}', '{"N":"-42"}'],
  ['{"N": -0}', '{"N":"0"}'],
  [
    '{"N": 12345678901234567890123456789012345678}',
    '{"N":"12345678901234567890123456789012345678"}',
  ],
  ['{"B": ""}', '{"B":""}'],
  ['{"B": "AP8="}', '{"B":"AP8="}'],
  ['{"SS": []}', '{"SS":[]}'],
  ['{"SS": ["b", "a", "b", "\\uffff", "\\ud83d\\ude00"]}', '{"SS":["a","b","\uffff","😀"]}'],
  ['{"NS": ["10", 9, "9.0", "-1"]}', '{"NS":["-1","9","10"]}'],
  ['{"BS": ["/w==", "AA==", "/w=="]}', '{"BS":["AA==","/w=="]}'],
  ['{"SSM": {"b": "1", "a": ""}}', '{"SSM":{"a":"","b":"1"}}'],
  ['{"SNM": {"__proto__": "1.0"}}', '{"SNM":{"__proto__":"1"}}'],
  ['{"SBM": {"k": "AA=="}}', '{"SBM":{"k":"AA=="}}'],
  ['{"NSM": {"10": "x", "9.5": "y", "-1": "z"}}', '{"NSM":{"-1":"z","9.5":"y","10":"x"}}'],
  ['{"NNM": {"01": "02"}}', '{"NNM":{"1":"2"}}'],
  ['{"NBM": {"1": ""}}', '{"NBM":{"1":""}}'],
  ['{"BSM": {"/w==": "x", "AA==": "y"}}', '{"BSM":{"AA==":"y","/w==":"x"}}'],
  ['{"BNM": {"": 5}}', '{"BNM":{"":"5"}}'],
  ['{"BBM": {}}', '{"BBM":{}}'],
  ['{"BOOL": false}', '{"BOOL":false}'],
  ['{"NULL": true}', '{"NULL":true}'],
  ['{"L": [{"N": 1}, {"L": []}]}', '{"L":[{"N":"1"},{"L":[]}]}'],
  ['{"M": {"b": {"S": "x"}, "a": {"M": {}}}}', '{"M":{"b":{"S":"x"},"a":{"M":{}}}}'],
]

test('values of every type are decoded to canonical form', () => {
  for (const [sent, stored] of CANONICAL) {
    assert.is(writeValue(decode(sent)), stored, sent)
  }
})

const UNRECOGNIZED: readonly (readonly [type: string, value: string, reason?: string])[] = [
  ['S', '5'],
  ['S', 'null'],
  ['S', '["a"]'],
  ['N', '1.5'],
  ['N', '1e3'],
  ['N', 'true'],
  ['N', '""', 'not a decimal number'],
  ['N', '"abc"', 'not a decimal number'],
  ['N', '"1e9999999"', 'not a decimal number'],
  ['N', '"0e9999999"', 'not a decimal number'],
  ['N', '"NaN"', 'not a decimal number'],
  ['N', '" 1"', 'not a decimal number'],
  ['N', '"1e400"', "a number's magnitude is from 1E-130 to 9.99E+125"],
  ['N', `"${'1'.repeat(39)}"`, 'a number has at most 38 significant digits'],
  ['B', '"A"'],
  ['B', '"AP8"'],
  ['B', '"AP9="'],
  ['B', '"A-_="'],
  ['B', '"AP8=\\n"'],
  ['B', '7'],
  ['SS', '"abc"'],
  ['NS', '{"1": "2"}'],
  ['SSM', '["a"]'],
  ['SSM', '"a"'],
  ['NSM', '{"1": "x", "1.0": "y"}', 'two of its keys are equal'],
  ['BOOL', '"true"'],
  ['NULL', 'false'],
  ['L', '{}'],
  ['M', '[]'],
]

test('a value that does not fit its type is refused and quoted', () => {
  for (const [type, value, reason] of UNRECOGNIZED) {
    const message = `Can't recognize attribute value '${value}'of type {"type": "${type}"}`
    refuses(
      () => decode(`{"${type}": ${value}}`),
      reason === undefined ? message : `${message}: ${reason}`,
    )
  }
})

const ELEMENTS: readonly (readonly [sent: string, value: string, type: string])[] = [
  ['{"SS": ["a", 1]}', '1', 'S'],
  ['{"NS": ["1", null]}', 'null', 'N'],
  ['{"BS": ["AA==", "A"]}', '"A"', 'B'],
  ['{"SNM": {"a": 1.5}}', '1.5', 'N'],
  ['{"BSM": {"A": "x"}}', '"A"', 'B'],
]

test('a bad element of a set or list is quoted', () => {
  for (const [sent, value, type] of ELEMENTS) {
    const message = `Can't recognize attribute value '${value}'of type {"type": "${type}"}`
    refuses(() => decode(sent), message)
  }
})

test('a typed value with other than one known type is refused', () => {
  const format = "Can't recognize attribute typed value format:"
  refuses(() => decode('{}'), `${format} '{}'`)
  refuses(() => decode('{"S":"a","N":"1"}'), `${format} '{"S": "a", "N": "1"}'`)
  refuses(() => decode('{"L": [5]}'), `${format} '5'`)
  refuses(() => decode('{"L": [null]}'), `${format} 'null'`)
  for (const type of ['KK', '', 's', 'SM', 'SSSM', 'XSM', ...HOSTILE_NAMES]) {
    refuses(() => decode(`{"${type}": "a"}`), `Attribute type '${type}' is not recognized`)
  }
})

test('L and M deeper than 32 levels are refused', () => {
  const nested = (levels: number) => `${'{"L":['.repeat(levels)}${']}'.repeat(levels)}`
  assert.is(writeValue(decode(nested(NESTING_DEPTH_MAX))), nested(NESTING_DEPTH_MAX))
  refuses(
    () => decode(nested(NESTING_DEPTH_MAX + 1)),
    'Attribute values of types L and M are nested deeper than 32 levels',
  )
})

test('a set that no item can hold is refused before it is sorted', () => {
  const elements = Array.from({ length: COLLECTION_ELEMENTS_MAX }, () => 'x')
  assert.equal(finished(decodeValue({ SS: elements })), { type: 'SS', value: ['x'] })
  elements.push('x')
  refuses(
    () => finished(decodeValue({ SS: elements })),
    'A set or map of 204801 elements was found: at most 204800 are allowed',
  )
})

test('a set or map is refused as soon as its elements are larger than an item', () => {
  const message = 'Item size has exceeded the maximum allowed size of 409600 bytes'
  const numbers = Array.from({ length: 140_000 }, (_, i) => `${1_000 + (i % 9_000)}e-${i % 90}`)
  refuses(() => finished(decodeValue({ NS: numbers })), message)
  const entries = numbers.slice(0, 60_000).map((number, i) => [`key ${i}`, number])
  refuses(() => finished(decodeValue({ SNM: Object.fromEntries(entries) })), message)
  // Later elements are not checked.
  refuses(() => finished(decodeValue({ NS: [...numbers, 'x'] })), message)
})

test('a written value is read back, in any order of its elements', () => {
  const random = seeded('attribute codec')
  for (let i = 0; i < 3_000; i++) {
    const value = randomValue(random, 4)
    const written = writeValue(value)
    assert.ok(valuesEqual(decode(written), value), written)
    const reversed = JSON.stringify(finished(parseJson(Buffer.from(written))), reverse)
    assert.ok(valuesEqual(decode(reversed), value), reversed)
  }
})

/** Reverses sets and objects, but not lists, whose order matters. */
function reverse(key: string, json: unknown): unknown {
  if (Array.isArray(json)) return key === 'L' ? json : json.toReversed()
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).toReversed())
}

test('a set larger than an item is refused before it is sorted', () => {
  const element = 'x'.repeat(1_000)
  const set = Array.from({ length: 500 }, (_, i) => `${element}${i}`)
  for (const typed of [
    { SS: set },
    { BS: set.map((text) => Buffer.from(text).toString('base64')) },
  ]) {
    refuses(
      () => finished(decodeValue(typed)),
      'Item size has exceeded the maximum allowed size of 409600 bytes',
    )
  }
})

test.run()
