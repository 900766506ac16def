import * as assert from 'uvu/assert'
import {
  addNumbers,
  canonicalNumber,
  compareNumbers,
  NumberFormatError,
  negated,
  numberSizeBytes,
} from '../../src/model/number.ts'
import { stopwatch } from '../scheduled-time.ts'
import { type Seeded, seeded } from '../seeded.ts'
import { suite } from '../support/suite.ts'

const test = suite('number')

const SCALE = 170n

/** The number times 10^170 as an exact integer, to compute expected results in another way. */
function scaled(text: string): bigint {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.')
  const power = SCALE + BigInt(exponent) - BigInt(fraction.length)
  const digits = BigInt(whole + fraction || '0')
  const magnitude = power >= 0n ? digits * 10n ** power : digits / 10n ** -power
  return mantissa.startsWith('-') ? -magnitude : magnitude
}

function order(a: bigint, b: bigint): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** The number of significant digits of a nonzero number, and the exponent of its first digit. */
function shape(value: bigint): { digits: number; exponent: number } {
  const text = (value < 0n ? -value : value).toString()
  const digits = text.replace(/0+$/, '').length
  return { digits, exponent: text.length - 1 - Number(SCALE) }
}

function isInRange(value: bigint): boolean {
  if (value === 0n) return true
  const { digits, exponent } = shape(value)
  return digits <= 38 && exponent >= -130 && exponent <= 125
}

const CANONICAL: readonly (readonly [string, string])[] = [
  ['0', '0'],
  ['-0', '0'],
  ['+0.00e5', '0'],
  ['0e999999', '0'],
  ['0e-99999999', '0'],
  ['1', '1'],
  ['+1', '1'],
  ['01', '1'],
  ['1.0', '1'],
  ['1e0', '1'],
  ['.5', '0.5'],
  ['5.', '5'],
  ['-.50', '-0.5'],
  ['1200e-2', '12'],
  ['1.2E+3', '1200'],
  ['1.2E3', '1200'],
  ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
  ['0.00000000000000000001', '0.00000000000000000001'],
  ['1e125', `1${'0'.repeat(125)}`],
  [`${'9'.repeat(38)}e88`, `${'9'.repeat(38)}${'0'.repeat(88)}`],
  ['1e-130', `0.${'0'.repeat(129)}1`],
  ['-1e-130', `-0.${'0'.repeat(129)}1`],
  [`${'0'.repeat(500)}7`, '7'],
]
for (const [text, canonical] of CANONICAL) {
  test(`${text.slice(0, 45)} is ${canonical.slice(0, 45)}`, () => {
    assert.is(canonicalNumber(text), canonical)
    assert.is(canonicalNumber(canonical), canonical)
  })
}

/** Milliseconds that a quadratic search of the longest text would exceed. */
const QUADRATIC_MS_MIN = 5_000

const HOSTILE = [
  ...['', ' ', '.', '+', '-', '--1', '+-1', '1 ', ' 1', '1\n', 'NaN', 'Infinity', '-Infinity'],
  ...['0x10', '1_000', '1,0', '1e', 'e1', '1e1.5', '1.2.3', '１', '٣', '1n', '1f', 'null'],
  ...['1e126', '1e-131', '-1e126', '9.99e126', '0.1e-130', '1e1000000000', '1e-1000000000'],
  ...['1'.repeat(39), `1.${'0'.repeat(37)}1`, `${'9'.repeat(39)}e-39`],
  ...['1'.repeat(1e6), '0'.repeat(1e6), `1e${'9'.repeat(1e6)}`, `1${'e1'.repeat(5e5)}`],
]
for (const text of HOSTILE) {
  test(`${JSON.stringify(text.slice(0, 30))} of ${text.length} characters is no number`, () => {
    const watch = stopwatch()
    assert.throws(
      () => canonicalNumber(text),
      (error: unknown) => error instanceof NumberFormatError,
    )
    assert.ok(watch() < QUADRATIC_MS_MIN, 'refused at once')
  })
}

const FAULTS = [
  ['1e126', 'overflow'],
  ['-9.99e9999999', 'overflow'],
  ['1e-131', 'underflow'],
  [`0.${'0'.repeat(400)}1e-99999999`, 'underflow'],
  ['1'.repeat(39), 'digits'],
  ['1e', 'format'],
  ['1'.repeat(600), 'length'],
] as const
for (const [text, fault] of FAULTS) {
  test(`the fault of ${text.slice(0, 20)} is ${fault}`, () => {
    assert.throws(() => canonicalNumber(text), new RegExp(`^${fault}$`))
  })
}

test('a number is negated, zero is not', () => {
  assert.equal(['5', '-0.5', '0'].map(negated), ['-5', '0.5', '0'])
})

/** A number of any length. Exponents are often close together or at the limits, digits often
 * equal. */
function randomText(random: Seeded): string {
  let digits = ''
  for (let left = 1 + random.below(38); left > 0; left--) digits += random.pick('0019'.split(''))
  const spread = random.pick([3, 40, 250])
  const exponent = random.below(spread) - (spread >> 1)
  const point = random.below(digits.length + 1)
  const sign = random.pick(['', '-', '+'])
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}e${exponent}`
}

function randomNumber(random: Seeded): string {
  for (;;) {
    const text = randomText(random)
    if (isInRange(scaled(text))) return text
  }
}

test('number texts, orders and sums agree with exact arithmetic', () => {
  const random = seeded('numbers')
  for (let round = 0; round < 20_000; round++) {
    const [a, b] = [randomNumber(random), randomNumber(random)]
    const [left, right] = [canonicalNumber(a), canonicalNumber(b)]
    assert.is(scaled(left), scaled(a), a)
    assert.is(left === right, scaled(a) === scaled(b), `${a} ${b}`)
    assert.is(
      Math.sign(compareNumbers(left, right)),
      order(scaled(a), scaled(b)),
      `${left} ${right}`,
    )
    const sum = scaled(a) + scaled(b)
    if (isInRange(sum)) {
      assert.is(addNumbers(left, right), canonicalNumber(textOf(sum)), `${left} + ${right}`)
    } else {
      assert.throws(
        () => addNumbers(left, right),
        (error: unknown) => error instanceof NumberFormatError,
      )
    }
  }
})

function textOf(value: bigint): string {
  if (value === 0n) return '0'
  return `${value}e-${SCALE}`.replace(/(0*)e-(\d+)$/, (_, zeros: string, power: string) => {
    return `e${zeros.length - Number(power)}`
  })
}

test('numbers out of range are refused, those within are accepted', () => {
  const random = seeded('numbers in range')
  for (let round = 0; round < 5_000; round++) {
    const text = randomText(random)
    const taken = (() => {
      try {
        return canonicalNumber(text) !== ''
      } catch (error) {
        if (error instanceof NumberFormatError) return false
        throw error
      }
    })()
    assert.is(taken, isInRange(scaled(text)), text)
  }
})

test('a sum of extreme numbers is exact or refused, at once', () => {
  assert.is(addNumbers('-1', '1'), '0')
  assert.is(addNumbers('0.1', '0.2'), '0.3')
  assert.is(addNumbers('9'.repeat(38), '1'), `1${'0'.repeat(38)}`)
  const [large, small] = [canonicalNumber('1e125'), canonicalNumber('1e-130')]
  assert.throws(() => addNumbers(large, small), /digits/)
  assert.throws(() => addNumbers(canonicalNumber('9e125'), canonicalNumber('1e125')), /overflow/)
})

test("a number's size is a byte per two digits, plus one, plus one if negative", () => {
  assert.is(numberSizeBytes('0'), 1)
  assert.is(numberSizeBytes('7'), 2)
  assert.is(numberSizeBytes('-7'), 3)
  assert.is(numberSizeBytes('123'), 3)
  assert.is(numberSizeBytes('-1.25'), 4)
  assert.is(numberSizeBytes(canonicalNumber('1e125')), 2)
  assert.is(numberSizeBytes('9'.repeat(38)), 20)
})

test.run()
