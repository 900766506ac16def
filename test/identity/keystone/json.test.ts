import * as assert from 'uvu/assert'
import {
  arrayOf,
  objectOf,
  parseJsonObject,
  stringOf,
  timeOf,
} from '../../../src/identity/keystone/json.ts'
import { test } from '../../support/suite.ts'

test('text that is not a JSON object reads as undefined', () => {
  assert.equal(parseJsonObject('{"a":1}'), { a: 1 })
  for (const text of ['', '<html>', 'null', '[]', '"x"', '{"a":']) {
    assert.is(parseJsonObject(text), undefined)
  }
})

test('a JSON value of another type reads as undefined', () => {
  for (const value of [undefined, null, true, 1]) {
    assert.is(objectOf(value), undefined)
    assert.is(arrayOf(value), undefined)
    assert.is(stringOf(value), undefined)
    assert.is(timeOf(value), undefined)
  }
  assert.is(objectOf([]), undefined)
  assert.is(arrayOf({}), undefined)
})

test("Keystone's times are parsed to the millisecond", () => {
  assert.is(timeOf('2026-11-21T13:00:42.500000Z'), Date.UTC(2026, 10, 21, 13, 0, 42, 500))
  assert.is(timeOf('tomorrow'), undefined)
})

test.run()
