import * as assert from 'uvu/assert'
import { LosslessNumber, parseJson } from '../../src/dialect/json.ts'
import { messageOf } from '../../src/dialect/magnetodb/messages.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import {
  JSON_DEPTH_MAX,
  JSON_NAMES_MAX,
  JSON_NUMBER_BYTES_MAX,
  JSON_PARTS_MAX,
  JSON_SPACE_BYTES_MAX,
  JSON_STRING_BYTES_MAX,
} from '../../src/model/limits.ts'
import { finished, ONE_PIECE_BYTES_MAX, type Steps } from '../../src/model/steps.ts'
import { type Seeded, seeded } from '../seeded.ts'
import { test } from '../support/suite.ts'

function parse(text: string): unknown {
  return finished(parseJson(Buffer.from(text)))
}

function refused(body: string | Buffer, message: RegExp): void {
  try {
    finished(parseJson(Buffer.from(body)))
  } catch (error) {
    assert.instance(error, MagnetoDBError)
    assert.is((error as MagnetoDBError).code, 'validation')
    assert.match(messageOf((error as MagnetoDBError).reason), message)
    return
  }
  assert.unreachable(`parsed ${body.toString().slice(0, 60)}`)
}

test('JSON is parsed as by JSON.parse', () => {
  for (const text of ['{}', '[]', '"x"', '1', 'true', ' {"a" : [1, {"b": null}]}\r\n']) {
    assert.equal(parse(text), JSON.parse(text))
  }
  assert.equal(parse('{"é":"\\ud83d\\ude00😀","\\u0000":"\\""}'), { é: '😀😀', '\0': '"' })
})

test('__proto__ and similar names are ordinary keys', () => {
  const value = parse('{"__proto__":{"S":"x"},"constructor":1,"n":{"__proto__":1.5}}')
  assert.equal(Object.keys(value as object), ['__proto__', 'constructor', 'n'])
  assert.is(Object.getPrototypeOf(value), Object.prototype)
})

test('numbers that JSON.parse would round keep their text', () => {
  for (const text of [
    '1.5',
    '1e400',
    '-0',
    '-0.0',
    '9007199254740993',
    '1E+2',
    '-12345678901234567',
  ]) {
    assert.equal(parse(`{"a":[${text}]}`), { a: [new LosslessNumber(text)] })
  }
  assert.equal(parse('{"é":1.0,"a":"2.0, \\"3.0","b":4}'), {
    é: new LosslessNumber('1.0'),
    a: '2.0, "3.0',
    b: 4,
  })
  assert.is(
    parse('[999999999999999,-999999999999999,0]')?.toString(),
    '999999999999999,-999999999999999,0',
  )
})

test('too many numbers that need a second parse are refused', () => {
  refused(`[${'1.5,'.repeat(25_000)}1.5]`, /more than 25000 numbers/)
})

test('too many names and values are refused', () => {
  const bodyOf = (parts: number) => `{"a":[${'0,'.repeat(parts - 3)}0]}`
  assert.ok(parse(bodyOf(JSON_PARTS_MAX)))
  for (const body of [
    bodyOf(JSON_PARTS_MAX + 1),
    `[${'[],'.repeat(JSON_PARTS_MAX / 2)}0]`,
    `[${'{},'.repeat(JSON_PARTS_MAX / 2)}0]`,
    `{${'"a":"b",'.repeat(JSON_PARTS_MAX / 2)}`,
  ]) {
    refused(body, /more than 450000 names and values/)
  }
  assert.ok(parse(`"${'{[,:'.repeat(JSON_PARTS_MAX)}"`), 'inside a string nothing counts')
})

test('text that is not JSON is refused', () => {
  refused('', /is empty/)
  refused('null', /Required property 'body'/)
  for (const text of [
    ' ',
    'NaN',
    '{"a":NaN}',
    '{}x',
    '{"a":1,}',
    "{'a':1}",
    '01',
    '1.',
    '[1.e5]',
    '--1',
    '{"a"',
    '"',
    '"\\',
    '"\\u12',
    '\ufeff{}',
    '+1',
    '{"a":1 "b":2}',
    '{"a":"\n"}',
  ]) {
    refused(text, /is not valid JSON: [^\p{C}]+$/u)
  }
})

test('bytes that are not UTF-8 are refused', () => {
  refused(Buffer.from([0x22, 0xff, 0x22]), /UTF-8/)
  refused(Buffer.from([0x22, 0xc0, 0x80, 0x22]), /UTF-8/)
  refused(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), /UTF-8/)
  refused(Buffer.from('{"a":1}', 'utf16le'), /not valid JSON/)
})

test('half a surrogate pair is refused, in values and keys', () => {
  refused('{"a":["\\ud800"]}', /surrogate/)
  refused('{"\\uDFFF":1}', /surrogate/)
  refused('"\\udc00\\ud800"', /surrogate/)
  refused('"\\ud83d\\ud83d\\ude00"', /surrogate/)
  refused('"\\ud83d😀"', /surrogate/)
  refused('"\\ud83d\\\\ude00"', /surrogate/)
  assert.is(parse('"\\uD83D\\uDE00\\udbff\\udfff"'), '😀\udbff\udfff')
  assert.is(parse('"\\\\ud800"'), '\\ud800')
  assert.is(parse('"\\ud7ff\\ue000"'), '\ud7ff\ue000')
})

test('a duplicate key is refused at any level', () => {
  refused('{"a":1,"a":1}', /twice/)
  refused('[{"x":{"a":1,"b":[{"c":1,"\\u0063":2}]}}]', /twice/)
  refused('{"__proto__":1,"__proto__":2}', /twice/)
  assert.equal(parse('{"a":{"a":":"},"b:":{"a":1}}'), { a: { a: ':' }, 'b:': { a: 1 } })
})

test('deep nesting is refused before parsing', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  assert.ok(parse(nested(JSON_DEPTH_MAX)))
  refused(nested(JSON_DEPTH_MAX + 1), /nests deeper than/)
  refused('{"a":'.repeat(5_000_000), /nests deeper than/)
  assert.is(parse(`"${'['.repeat(1000)}"`), '['.repeat(1000))
})

test('random values are parsed as by JSON.parse', () => {
  const random = seeded('json values')
  for (let i = 0; i < 3000; i++) {
    const text = JSON.stringify(randomValue(random, 5), null, random.below(3))
    if (text === 'null') continue
    assert.equal(lossy(parse(text)), JSON.parse(text), text)
  }
})

test('mutated texts are refused exactly if JSON.parse refuses them', () => {
  const random = seeded('json mutations')
  for (let i = 0; i < 20_000; i++) {
    const bytes = Buffer.from(JSON.stringify(randomValue(random, 4)))
    for (let n = random.below(3); n >= 0; n--) {
      bytes[random.below(bytes.length)] = random.pick([...Buffer.from('{}[]",:\\ue0d8.-+17tn \n')])
    }
    const expected = outcome(() => JSON.parse(bytes.toString()))
    const actual = outcome(() => lossy(finished(parseJson(bytes))))
    if (actual.refusal && /twice|surrogate|UTF-8|'body'/.test(actual.refusal)) continue
    assert.is(actual.refusal === undefined, expected.refusal === undefined, bytes.toString())
    assert.equal(actual.value, expected.value, bytes.toString())
  }
})

test('a large body is parsed like a small one, or refused for the same reason', () => {
  const random = seeded('large json')
  const space = ' '.repeat(ONE_PIECE_BYTES_MAX)
  for (let i = 0; i < 3000; i++) {
    const bytes = Buffer.from(JSON.stringify(randomValue(random, 4)))
    for (let n = random.below(3); n > 0; n--) {
      bytes[random.below(bytes.length)] = random.pick([...Buffer.from('{}[]",:\\ue0d8.-+17tn \n')])
    }
    const small = outcome(() => finished(parseJson(bytes)))
    const large = outcome(() => finished(parseJson(Buffer.concat([bytes, Buffer.from(space)]))))
    const reason = (refusal = '') => refusal.replace(/(valid JSON: ).*/s, '$1')
    assert.is(reason(large.refusal), reason(small.refusal), bytes.toString())
    assert.equal(plain(large.value), plain(small.value), bytes.toString())
  }
})

test('a large body of objects without shared names is parsed in linear time', () => {
  const objects = Array.from({ length: 8_000 }, (_, i) =>
    Object.fromEntries(Array.from({ length: 15 }, (_, k) => [`${i}-${k}`, 1])),
  )
  let steps = 0
  const parsing = parseJson(Buffer.from(JSON.stringify(objects))) as Steps<unknown>
  for (let step = parsing.next(); ; step = parsing.next()) {
    if (step.done) {
      assert.equal((step.value as unknown[]).length, 8_000)
      break
    }
    steps++
  }
  assert.ok(steps > 50, `in ${steps} pieces`)
})

test('an object with the maximum of names is parsed, one more is refused', () => {
  const bodyOf = (names: number) =>
    `{${Array.from({ length: names }, (_, i) => `"name-${i}":1`).join()}}`
  assert.is(Object.keys(parse(bodyOf(JSON_NAMES_MAX)) as object).length, JSON_NAMES_MAX)
  refused(bodyOf(JSON_NAMES_MAX + 1), /an object of more than 32768 names/)
})

test('a string with the maximum of bytes is parsed, one more byte is refused', () => {
  const bodyOf = (bytes: number) => `["${'x'.repeat(bytes)}",1]`
  const [text] = parse(bodyOf(JSON_STRING_BYTES_MAX)) as readonly string[]
  assert.is(text?.length, JSON_STRING_BYTES_MAX)
  refused(bodyOf(JSON_STRING_BYTES_MAX + 1), /a string of more than 4194304 bytes/)
  refused(`{"${'é'.repeat(JSON_STRING_BYTES_MAX)}":1}`, /a string of more than 4194304 bytes/)
  refused(`"${'x'.repeat(2 * JSON_STRING_BYTES_MAX)}`, /a string of more than 4194304 bytes/)
})

test('a number with the maximum of digits is parsed, one more digit is refused', () => {
  const bodyOf = (digits: number) => `{"a":${'1'.repeat(digits)}}`
  const { a } = parse(bodyOf(JSON_NUMBER_BYTES_MAX)) as { readonly a: LosslessNumber }
  assert.is(a.text.length, JSON_NUMBER_BYTES_MAX)
  refused(bodyOf(JSON_NUMBER_BYTES_MAX + 1), /a number of more than 1048576 bytes at position 5/)
})

test('too much consecutive white space is refused', () => {
  const bodyOf = (bytes: number) => `{"a":${' '.repeat(bytes)}1}`
  assert.equal(plain(parse(bodyOf(JSON_SPACE_BYTES_MAX))), { a: 1 })
  refused(bodyOf(JSON_SPACE_BYTES_MAX + 1), /more than 65536 bytes of white space at position 5/)
})

/** Gives objects the usual prototype. */
function plain(value: unknown): unknown {
  if (value instanceof LosslessNumber || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
}

function outcome(run: () => unknown): { value?: unknown; refusal?: string } {
  try {
    return { value: run() }
  } catch (error) {
    return { refusal: error instanceof MagnetoDBError ? messageOf(error.reason) : String(error) }
  }
}

/** Rounds numbers like `JSON.parse`. */
function lossy(value: unknown): unknown {
  if (value instanceof LosslessNumber) return Number(value.text)
  if (Array.isArray(value)) return value.map(lossy)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, lossy(member)]))
}

function randomValue(random: Seeded, depth: number): unknown {
  const kind = random.below(depth > 0 ? 7 : 5)
  if (kind === 0) return random.pick([null, true, false])
  if (kind === 1) return random.below(1e9) - 5e8
  if (kind === 2) return (random.below(1e9) - 5e8) * 10 ** (random.below(40) - 20)
  if (kind <= 4) return randomText(random)
  const members = Array.from({ length: random.below(5) }, () => randomValue(random, depth - 1))
  if (kind === 5) return members
  return Object.fromEntries(members.map((member) => [randomText(random), member]))
}

function randomText(random: Seeded): string {
  const units = ['a', '7', '"', '\\', ':', '{', '[', 'é', '😀', '\n', '\u2028', '__proto__', '1.5']
  return Array.from({ length: random.below(4) }, () => random.pick(units)).join('')
}

test.run()
