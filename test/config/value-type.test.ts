import * as assert from 'uvu/assert'
import {
  boolean,
  byteSize,
  choice,
  float,
  host,
  integer,
  list,
  port,
  string,
  url,
  type ValueType,
} from '../../src/config/value-type.ts'
import { test } from '../support/suite.ts'

/** Asserts the value of each text; undefined means that it is refused. */
function reads<T>(type: ValueType<T>, values: Readonly<Record<string, T | undefined>>): void {
  for (const [text, value] of Object.entries(values)) assert.equal(type.parse(text), value, text)
}

test('an integer option accepts integers within its limits', () => {
  reads(integer({ min: -1, max: 10 }), {
    '-1': -1,
    '+3': 3,
    '010': 10,
    11: undefined,
    '-2': undefined,
  })
  reads(integer(), {
    '9007199254740993': undefined,
    '1e3': undefined,
    '1_0': undefined,
    x: undefined,
  })
  assert.is(integer({ min: 1 }).expected, 'an integer, at least 1')
})

test('a float option accepts finite decimal numbers within its limits', () => {
  reads(float({ min: 0.1 }), { '0.5': 0.5, '.5': 0.5, '1.': 1, '2e1': 20, 0: undefined })
  reads(float(), { inf: undefined, nan: undefined, '1e999': undefined, '0x1': undefined })
})

test('a port option accepts 1 to 65535, and 0 if allowed', () => {
  reads(port(), { 1: 1, 65535: 65535, 0: undefined, 65536: undefined })
  reads(port(0), { 0: 0 })
  assert.is(port(0).expected, 'an integer from 0 to 65535')
})

test("a boolean option accepts oslo.config's words", () => {
  reads(boolean(), { true: true, Yes: true, ON: true, 1: true })
  reads(boolean(), { false: false, no: false, oFF: false, 0: false, t: undefined, 2: undefined })
})

test('a choice option accepts exactly its values', () => {
  reads(choice(['serial', 'local_serial']), { serial: 'serial', SERIAL: undefined, '': undefined })
})

test('a string option accepts one line without control characters', () => {
  reads(string(), { 'a b': 'a b', 'a\nb': undefined, 'a\0': undefined })
  reads(string(/^[a-z]+$/, 'letters'), { abc: 'abc', a1: undefined })
})

test('a list option accepts comma-separated values', () => {
  reads(list(port()), {
    '1': [1],
    ' 1 , 2,': [1, 2],
    '1,,2': undefined,
    ',': undefined,
    '1,x': undefined,
  })
  assert.is(list(host()).format(['a', 'b']), 'a,b')
})

test('a host option accepts names and addresses', () => {
  for (const good of ['127.0.0.1', '::1', 'localhost', 'db-1.example.org', 'my_db', 'a.']) {
    assert.is(host().parse(good), good)
  }
  for (const bad of ['256.0.0.1', '1.2.3', '[::1]', 'a b', 'a:80', '-a', 'a..b', 'http://a', 'é']) {
    assert.is(host().parse(bad), undefined, bad)
  }
})

test('a URL option accepts http and https addresses', () => {
  reads(url(), {
    'http://keystone:5000/v3/': 'http://keystone:5000/v3',
    'https://[::1]:5000': 'https://[::1]:5000',
    'https://kv.example.org//': 'https://kv.example.org',
  })
  for (const bad of [
    'keystone',
    'ftp://a',
    'http://',
    'http://u:p@a',
    'http://a?b',
    'http://a#b',
  ]) {
    assert.is(url().parse(bad), undefined, bad)
  }
  for (const bad of ['http://a b', 'http://a"', 'http://a\r\nX: y', 'http://a:99999', 'http://é']) {
    assert.is(url().parse(bad), undefined, bad)
  }
})

test('a size option accepts numbers with a unit', () => {
  reads(byteSize({ min: 1, max: 2 ** 40 }), {
    512: 512,
    '10K': 10_240,
    '10 KiB': 10_240,
    '3m': 3 * 2 ** 20,
    '1TB': 2 ** 40,
    '2T': undefined,
    0: undefined,
    '1.5G': undefined,
    '-1': undefined,
    '1P': undefined,
    '1KM': undefined,
  })
  assert.is(byteSize().format(2 ** 36), '64G')
  assert.is(byteSize().format(1536), '1536')
  assert.is(byteSize({ min: 2 ** 20 }).sampleLines.join(), 'Minimum value: 1M')
})

test('every option type parses what it formats', () => {
  assert.is(float().parse(float().format(0.1)), 0.1)
  assert.is(byteSize().parse(byteSize().format(7 * 2 ** 30)), 7 * 2 ** 30)
  assert.is(boolean().parse(boolean().format(false)), false)
  assert.equal(list(port()).parse(list(port()).format([1, 2])), [1, 2])
})

test.run()
