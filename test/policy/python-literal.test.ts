import * as assert from 'uvu/assert'
import { readLeftSide } from '../../src/policy/python-literal.ts'
import { test } from '../support/suite.ts'

test('a literal becomes the text that Python prints', () => {
  for (const [text, printed] of [
    ["'abc'", 'abc'],
    ['"it\'s"', "it's"],
    ["''", ''],
    ['True', 'True'],
    ['None', 'None'],
    ['0', '0'],
    ['-17', '-17'],
    ['1.5', '1.5'],
    ['0.25', '0.25'],
  ] as const) {
    assert.equal(readLeftSide(text), { kind: 'literal', text: printed })
  }
})

test('names are a path of attributes', () => {
  assert.equal(readLeftSide('user_id'), { kind: 'path', names: ['user_id'] })
  assert.equal(readLeftSide('a.b2._c'), { kind: 'path', names: ['a', 'b2', '_c'] })
  assert.equal(readLeftSide('a-b.c'), { kind: 'path', names: ['a-b', 'c'] })
})

test('words and white space in a list of checks are no names', () => {
  for (const text of [
    'not role',
    'a or not  b.c',
    'x and y',
    'x or None',
    ' user_id',
    'user_id\t',
  ]) {
    const leftSide = readLeftSide(text)
    assert.equal(leftSide, { kind: 'path', names: text.split('.') })
  }
  assert.equal(readLeftSide(" 'p1'\t"), { kind: 'literal', text: 'p1' })
  for (const text of ['not', 'or a', 'a or', 'a not b', 'a or class', 'not and', '\n5']) {
    assert.equal(readLeftSide(text), { kind: 'unreadable' }, text)
  }
})

test('other Python literals are not read', () => {
  for (const text of [
    '',
    '007',
    '-0',
    '1.50',
    '1e3',
    '0x10',
    '1_000',
    '1234567890123456',
    "'a\\n'",
    "'a''b'",
    "b'a'",
    '[1]',
    'a b',
    'a.',
    '.a',
    'a..b',
    'class',
    'user.from',
    '2a',
    'a!',
    'ü',
  ]) {
    assert.equal(readLeftSide(text), { kind: 'unreadable' }, text)
  }
})

test.run()
