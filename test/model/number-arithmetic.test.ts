import { Decimal } from 'decimal.js'
import * as assert from 'uvu/assert'
import { encodeKeyValue } from '../../src/engine/format/key-codec.ts'
import { applyUpdates } from '../../src/expression/apply-update.ts'
import { type Path, pathOf } from '../../src/expression/path.ts'
import type { SetValue, UpdateAction } from '../../src/expression/update.ts'
import type { AttributeValue } from '../../src/model/attribute-value.ts'
import type { MagnetoDBError } from '../../src/model/errors.ts'
import {
  NUMBER_DIGITS_MAX,
  NUMBER_EXPONENT_MAX,
  NUMBER_EXPONENT_MIN,
} from '../../src/model/limits.ts'
import { canonicalNumber, compareNumbers, NumberFormatError } from '../../src/model/number.ts'
import { finished } from '../../src/model/steps.ts'
import { type Seeded, seeded } from '../seeded.ts'
import { test } from '../support/suite.ts'

/** Compares the arithmetic with an independent decimal library, which is exact at this
 * precision. */

const PAIRS = 10_000
const Exact = Decimal.clone({ precision: 1_000 })
const N: Path = pathOf('n')

/** The number's text in DynamoDB's form, or the reason why it has none. */
function told(exact: Decimal): string {
  if (exact.isZero()) return '0'
  if (exact.precision() > NUMBER_DIGITS_MAX) return 'digits'
  if (exact.e > NUMBER_EXPONENT_MAX) return 'overflow'
  return exact.e < NUMBER_EXPONENT_MIN ? 'underflow' : exact.toFixed()
}

function read(text: string): string {
  try {
    return canonicalNumber(text)
  } catch (error) {
    if (error instanceof NumberFormatError) return error.fault
    throw error
  }
}

/** A spelling of a number whose first digit has about this exponent. */
function spelling(random: Seeded, exponent: number): string {
  const digits = digitsOf(random)
  const point = random.below(digits.length + 1)
  const power = exponent - point + 1
  const sign = random.pick(['', '', '-', '+'])
  const zeros = '0'.repeat(random.below(3))
  const mantissa = `${sign}${zeros}${digits.slice(0, point)}.${digits.slice(point)}`
  return `${mantissa}${random.pick(['', zeros])}${random.pick(['e', 'E'])}${power}`
}

/** Few or very many digits, with runs of 0 and 9, so that sums carry over. */
function digitsOf(random: Seeded): string {
  const length = random.pick([1, 1, 2, 5, 19, 36, 37, 38, 38, 39])
  const fill = random.pick(['', '', '0', '9'])
  const digits = Array.from({ length }, () => fill || String(random.below(10)))
  digits[0] = String(1 + random.below(9))
  if (random.below(2) === 0) digits[length - 1] = String(random.below(10))
  return digits.join('')
}

/** The exponents of two numbers, anywhere in the range or at its ends, and often close together. */
function exponents(random: Seeded): [number, number] {
  const ends = [NUMBER_EXPONENT_MIN, NUMBER_EXPONENT_MIN + 37, NUMBER_EXPONENT_MAX]
  const one = random.pick([0, 3, ...ends, random.below(256) - 130]) + random.below(3) - 1
  const other = random.below(4) > 0 ? one + random.below(41) - 20 : random.below(256) - 130
  return [one, other]
}

function updated(text: string, action: UpdateAction): string {
  const value: AttributeValue = { type: 'N', value: text }
  const item = new Map([['n', value]])
  try {
    return String(finished(applyUpdates(item, new Map(), [action]))?.get('n')?.value)
  } catch (error) {
    const { reason } = error as MagnetoDBError
    if (reason?.is === 'sum_out_of_range') return reason.fault
    throw error
  }
}

function computed(is: 'plus' | 'minus', right: string): UpdateAction {
  const value: SetValue = { is: 'value', value: { type: 'N', value: right } }
  return { action: 'set', path: N, value: { is, left: { is: 'path', path: N }, right: value } }
}

function keyBytes(text: string): Buffer {
  return encodeKeyValue({ type: 'N', value: text })
}

test(`${PAIRS} pairs have the texts, sums, differences and order of an exact library`, () => {
  const random = seeded('numbers')
  let pairs = 0
  while (pairs < PAIRS) {
    const spellings = exponents(random).map((exponent) => spelling(random, exponent))
    const [one, other] = spellings.map((each) => new Exact(each)) as [Decimal, Decimal]
    const [a, b] = spellings.map(read) as [string, string]
    assert.equal([a, b], [told(one), told(other)], spellings.join(' '))
    if (![a, b].every((each) => /\d/.test(each))) continue
    pairs++
    const pair = `${a} and ${b}`
    assert.is(updated(a, computed('plus', b)), told(one.plus(other)), `sum of ${pair}`)
    assert.is(updated(a, computed('minus', b)), told(one.minus(other)), `difference of ${pair}`)
    const add: UpdateAction = { action: 'add', path: N, value: { type: 'N', value: b } }
    assert.is(updated(a, add), told(one.plus(other)), `ADD to ${pair}`)
    assert.is(Math.sign(compareNumbers(a, b)), one.cmp(other), `order of ${pair}`)
    assert.is(Buffer.compare(keyBytes(a), keyBytes(b)), one.cmp(other), `key order of ${pair}`)
  }
})

test.run()
