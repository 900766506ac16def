import * as assert from 'uvu/assert'
import { parseJson } from '../../../src/dialect/json.ts'
import { quotedJson } from '../../../src/dialect/magnetodb/quoted-json.ts'
import { finished } from '../../../src/model/steps.ts'
import { test } from '../../support/suite.ts'

test('a message quotes JSON as Python does, with numbers as written', () => {
  const text = '{"a": [1, 2.50, true, null], "b": {"__proto__": "x\\"y"}, "c": {}, "d": []}'
  assert.is(quotedJson(finished(parseJson(Buffer.from(text)))), text)
})

test('a message cuts long JSON', () => {
  const long = 'x'.repeat(5_000)
  for (const value of [long, [long, long], { [long]: 1 }, new Array(9_999).fill(7)]) {
    assert.is(quotedJson(value).length, 1_003)
    assert.ok(quotedJson(value).endsWith('...'))
  }
})

test.run()
