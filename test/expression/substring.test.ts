import * as assert from 'uvu/assert'
import { includesBytes, includesText } from '../../src/expression/substring.ts'
import { stopwatch } from '../scheduled-time.ts'
import { seeded } from '../seeded.ts'
import { suite } from '../support/suite.ts'

const test = suite('substring')

/** Much less time than `includes` takes for the same search. */
const MS_MAX = 5_000

test('a substring search agrees with includes, for every kind of search', () => {
  const random = seeded('substring')
  const letters = ['a', 'b', 'ä', '€', '😀']
  const text = (length: number) => Array.from({ length }, () => random.pick(letters)).join('')
  for (let round = 0; round < 200; round++) {
    const long = text(2_000)
    const start = long.indexOf('a', random.below(1_000))
    const found = long.slice(start, start + 600).toWellFormed()
    const changed = `${found.slice(0, 300)}b${found.slice(301)}`.toWellFormed()
    for (const part of [found, changed, text(3), text(700), `${long}a`, long, '']) {
      assert.is(includesText(long, part), long.includes(part))
      const [bytes, partBytes] = [Buffer.from(long), Buffer.from(part)]
      assert.is(includesBytes(bytes, partBytes), bytes.includes(partBytes))
    }
  }
})

test('a substring search finds a part after any prefix of itself', () => {
  const random = seeded('repeating part')
  const blocks = ['a', 'ab', 'aab', 'aabaab', 'aabaaab']
  const part = Array.from({ length: 700 }, () => random.pick(blocks))
    .join('')
    .slice(0, 1_001)
  for (let length = 0; length < part.length; length++) {
    const text = part.slice(0, length) + part
    assert.ok(includesText(text, part), `behind ${length}`)
    assert.is(includesText(text.slice(0, -1), part), text.slice(0, -1).includes(part))
  }
})

test('a substring search is as quick for texts that nearly match everywhere', () => {
  const text = 'a'.repeat(2_000_000)
  const part = `ab${'a'.repeat(500_000)}`
  const watch = stopwatch()
  assert.not(includesText(text, part))
  assert.not(includesBytes(Buffer.from(text), Buffer.from(part)))
  assert.ok(watch() < MS_MAX)
})

test.run()
