import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { splitRange } from '../../../src/storage/cassandra/sort-ranges.ts'
import type { SortRange } from '../../../src/storage/driver.ts'
import { seeded } from '../../seeded.ts'

const test = suite('cassandra sort ranges')

function assertDivides(range: SortRange, parts: readonly SortRange[]): void {
  assert.equal(parts[0]?.from, range.from)
  assert.equal(parts.at(-1)?.to, range.to)
  parts.forEach((part, index) => {
    const next = parts[index + 1]
    if (next !== undefined) {
      assert.equal(part.to, next.from)
    }
    if (part.from !== undefined && part.to !== undefined) {
      assert.ok(part.from.compare(part.to) < 0, 'an empty part')
    }
  })
}

test('a range is divided without gap or overlap', () => {
  const random = seeded('sort ranges')
  for (let round = 0; round < 2000; round += 1) {
    const shared = random.bytes(random.below(6))
    const bounds = [0, 1].map(() => Buffer.concat([shared, random.bytes(1 + random.below(8))]))
    const [from, to] = bounds.sort(Buffer.compare)
    if (from !== undefined && to !== undefined && !from.equals(to)) {
      for (const range of [{ from, to }, { from }, { to }, {}]) {
        assertDivides(range, splitRange(range))
      }
    }
  }
})

test('bounds that meet only in a late byte are divided behind it', () => {
  const range = { from: Buffer.from('aff0', 'hex'), to: Buffer.from('b0', 'hex') }
  assert.is(splitRange(range).length, 16)
  assertDivides(range, splitRange(range))
})

test('a range of one sort cannot be divided', () => {
  const from = Buffer.from('a')
  const longest = Buffer.alloc(4000, 0x61)
  assert.is(splitRange({ from: longest, to: Buffer.concat([longest, from]) }).length, 1)
})

test.run()
