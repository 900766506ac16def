import * as assert from 'uvu/assert'
import { parseJson } from '../../../src/dialect/json.ts'
import {
  booleanOr,
  isFalsy,
  optionalLimit,
  optionalTimeToLive,
  refuseUnexpected,
  requireBody,
  requireBoolean,
  requireInteger,
  requireList,
  requireObject,
  requireObjects,
  requireString,
} from '../../../src/dialect/magnetodb/properties.ts'
import { TIME_TO_LIVE_SECONDS_MAX } from '../../../src/model/limits.ts'
import { finished } from '../../../src/model/steps.ts'
import { test } from '../../support/suite.ts'
import { MISSING, refuses, v1Request } from './requests.ts'

/** Parses the JSON within a list, because a body itself must not be null. */
function json(text: string): unknown {
  return requireList(finished(parseJson(Buffer.from(`[${text}]`))), 'list')[0]
}

const READERS: readonly {
  readonly type: string
  readonly read: (value: unknown, label: string) => unknown
  readonly refused: readonly string[]
}[] = [
  { type: 'String', read: requireString, refused: ['1', 'true', '{}', '[]', '1.50'] },
  { type: 'Boolean', read: requireBoolean, refused: ['""', '"other"', '0', '{}', '"true"'] },
  { type: 'Object', read: requireObject, refused: ['[]', '""', '1.50', 'false', '0'] },
  { type: 'List', read: requireList, refused: ['{}', '""', '1', '{"0": 1}'] },
  {
    type: 'List of Objects',
    read: requireObjects,
    refused: ['[1]', '[{}, null]', '[[]]', '[1.50]'],
  },
  {
    type: 'Integer',
    read: (value, label) => requireInteger(value, label, 0),
    refused: [
      '1.5',
      '1.0',
      '1e2',
      '"1.5"',
      '""',
      '"x"',
      '" 1"',
      '{}',
      '{"toString": 1}',
      '[]',
      '[1]',
    ],
  },
]

test('a property of a wrong type is named with the value', () => {
  for (const { type, read, refused } of READERS) {
    for (const text of refused) {
      const message = `Wrong 'p' type. ${type} is expected, but ${text} found`
      refuses(() => read(json(text), 'p'), message)
    }
  }
})

test('a null property counts as missing', () => {
  for (const { read } of READERS) {
    refuses(() => read(undefined, 'p'), MISSING('p'))
    refuses(() => read(null, 'p'), MISSING('p'))
  }
})

test('a property that is no list is reported as such, not by its elements', () => {
  refuses(() => requireObjects({}, 'p'), "Wrong 'p' type. List is expected, but {} found")
})

test('integers may be JSON integers, decimal strings or booleans', () => {
  const accepted: readonly (readonly [string, number])[] = [
    ['5', 5],
    ['"5"', 5],
    ['"+5"', 5],
    ['"005"', 5],
    ['true', 1],
    ['false', 0],
    ['-0', 0],
    ['9007199254740991', 9_007_199_254_740_991],
  ]
  for (const [text, value] of accepted) {
    assert.ok(Object.is(requireInteger(json(text), 'p', 0), value), text)
  }
})

test('an integer out of range is refused with the bound', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['-1', "'p' property value[-1] is less then min_value[0]."],
    ['"-2"', "'p' property value[-2] is less then min_value[0]."],
    ['11', "'p' property value[11] is more then max_value[10]."],
    [`1${'0'.repeat(30)}`, `'p' property value[1${'0'.repeat(30)}] is more then max_value[10].`],
  ]
  for (const [text, message] of refused)
    refuses(() => requireInteger(json(text), 'p', 0, 10), message)
})

test('a limit of 0 or null is no limit', () => {
  assert.is(optionalLimit(undefined), undefined)
  assert.is(optionalLimit(null), undefined)
  assert.is(optionalLimit('0'), undefined)
  assert.is(optionalLimit(7), 7)
  refuses(() => optionalLimit(-1), "'limit' property value[-1] is less then min_value[0].")
})

test('a time_to_live out of bounds is refused', () => {
  assert.is(optionalTimeToLive(null), undefined)
  assert.is(optionalTimeToLive(0), 0)
  assert.is(optionalTimeToLive('60'), 60)
  refuses(
    () => optionalTimeToLive(TIME_TO_LIVE_SECONDS_MAX + 1),
    "'time_to_live' property value[3162240001] is more then max_value[3162240000].",
  )
})

test('an optional property must not be null', () => {
  assert.is(booleanOr(undefined, 'p', true), true)
  assert.is(booleanOr(false, 'p', true), false)
  refuses(() => booleanOr(null, 'p', true), MISSING('p'))
})

test('a value counts as false as in Python', () => {
  for (const text of ['null', 'false', '0', '-0', '0.0', '""', '[]', '{}']) {
    assert.ok(isFalsy(json(text)), text)
  }
  assert.ok(isFalsy(undefined))
  for (const text of ['true', '1', '0.5', '" "', '[0]', '{"__proto__": 0}']) {
    assert.not(isFalsy(json(text)), text)
  }
})

test('unexpected properties are all listed', () => {
  const known = new Set(['a', 'b'])
  refuseUnexpected({ a: 1 }, known, 'body')
  const object = json('{"a": 1, "c": {"d": [1, 2]}, "__proto__": null, "b": 2}')
  refuses(
    () => refuseUnexpected(requireObject(object, 'o'), known, 'body'),
    `Unexpected properties were found for 'body': {"c": {"d": [1, 2]}, "__proto__": null}`,
  )
})

test('a body that is no object is refused', () => {
  assert.equal(finished(requireBody(v1Request({ a: 1 }))), { a: 1 })
  refuses(
    () => finished(requireBody(v1Request([]))),
    "Wrong 'body' type. Object is expected, but [] found",
  )
  refuses(() => finished(requireBody(v1Request('null'))), MISSING('body'))
  refuses(() => finished(requireBody(v1Request(''))), 'The request body is empty')
})

test.run()
