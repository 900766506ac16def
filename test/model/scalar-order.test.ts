import * as assert from 'uvu/assert'
import type { Scalar, ScalarType } from '../../src/model/attribute-value.ts'
import { canonicalNumber } from '../../src/model/number.ts'
import { compareScalars, sortedEntries, sortedUnique } from '../../src/model/scalar-order.ts'
import { type Seeded, seeded } from '../seeded.ts'
import { test } from '../support/suite.ts'

test('strings are ordered by their UTF-8 bytes', () => {
  const random = seeded('text order')
  const units = [
    'a',
    'b',
    '\u007f',
    '\u0080',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
  ]
  const text = () => Array.from({ length: random.below(4) }, () => random.pick(units)).join('')
  for (let round = 0; round < 5_000; round++) {
    const [a, b] = [text(), text()]
    const expected = Buffer.compare(Buffer.from(a), Buffer.from(b))
    assert.is(Math.sign(compareScalars('S', a, b)), expected, JSON.stringify([a, b]))
  }
})

test('long strings are ordered by their UTF-8 bytes as well', () => {
  const random = seeded('order of long texts')
  const units = ['a', 'é', '\ue000', '\u{10000}']
  for (let round = 0; round < 500; round++) {
    const start = random.pick(units).repeat(random.pick([0, 1, 2_047, 4_096, 8_193]))
    const text = () => start + random.pick(units) + 'x'.repeat(random.pick([0, 1, 5_000]))
    const [a, b] = [text(), text()]
    const expected = Buffer.compare(Buffer.from(a), Buffer.from(b))
    assert.is(Math.sign(compareScalars('S', a, b)), expected, `${a.length}, ${b.length}`)
  }
})

test('numbers are ordered by value and binaries by bytes', () => {
  assert.ok(compareScalars('N', '9', '10') < 0)
  assert.ok(compareScalars('N', '-9', '-10') > 0)
  assert.is(compareScalars('N', '0.5', '0.5'), 0)
  assert.ok(compareScalars('B', Buffer.of(0x7f), Buffer.of(0x80)) < 0)
  assert.ok(compareScalars('B', Buffer.of(1), Buffer.of(1, 0)) < 0)
})

/** A scalar that is often equal to another one, or too close to it for a float. */
function randomScalar(type: ScalarType, random: Seeded): Scalar {
  if (type === 'B') return random.bytes(random.below(3))
  if (type === 'S') return random.pick(['', 'a', 'ab', '\uffff', '\u{10000}']).repeat(2)
  const digits = `${random.pick(['', '-'])}1000000000000000000000${random.below(20)}`
  return canonicalNumber(random.pick([digits, `${digits}e-40`, String(random.below(20))]))
}

test('a sorted set has each element once', () => {
  const random = seeded('sorted sets')
  for (let round = 0; round < 2_000; round++) {
    const type = random.pick<ScalarType>(['S', 'N', 'B'])
    const elements = Array.from({ length: random.below(12) }, () => randomScalar(type, random))
    const inPairs = elements
      .toSorted((a, b) => compareScalars(type, a, b))
      .filter((each, i, all) => i === 0 || compareScalars(type, all[i - 1] as Scalar, each) !== 0)
    assert.equal(sortedUnique(type, elements), inPairs)
    const entries = elements.map((element, i) => [element, String(i)] as const)
    const sorted = entries.toSorted(([a], [b]) => compareScalars(type, a, b))
    assert.equal(sortedEntries(type, entries), sorted)
  }
})

test('long texts of a set are ordered by their UTF-8 bytes', () => {
  const random = seeded('sets of long texts')
  const units = ['a', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}']
  for (let round = 0; round < 20; round++) {
    const start = random.pick(units).repeat(5_000)
    const elements = Array.from(
      { length: 60 },
      () => start.slice(0, 2 * random.below(2_501)) + random.pick(units) + random.pick(units),
    )
    const bytes = [...new Set(elements)].map((each) => Buffer.from(each)).toSorted(Buffer.compare)
    assert.ok(
      sortedUnique('S', elements).every((each, i) => bytes[i]?.equals(Buffer.from(each as string))),
    )
    assert.is(sortedUnique('S', elements).length, bytes.length)
  }
})

test.run()
