import * as assert from 'uvu/assert'
import { ShareAmounts } from '../../src/admission/share-amounts.ts'
import { seeded } from '../seeded.ts'
import { test } from '../support/suite.ts'

test('each share has the sum of what was added, and few shares without any are kept', () => {
  const random = seeded('share amounts')
  const amounts = new ShareAmounts()
  const expected = new Map<string, number>()
  const shares = ['', ...Array.from({ length: 999 }, (_, number) => `share ${number}`)]
  for (let step = 0; step < 10_000; step++) {
    const share = random.pick(shares)
    const before = expected.get(share) ?? 0
    const amount = random.below(3) === 0 ? random.below(5) : -random.below(before + 1)
    amounts.add(share, amount)
    expected.set(share, before + amount)
    const other = random.pick(shares)
    for (const each of [share, other]) assert.is(amounts.of(each), expected.get(each) ?? 0)
    const largest = amounts.largest()
    const most = Math.max(...expected.values())
    assert.is(largest === undefined ? 0 : expected.get(largest), most)
    const held = [...expected.values()].filter((each) => each > 0).length
    assert.ok(amounts.size <= 2 * held + 16, `${amounts.size} in memory, ${held} hold something`)
  }
  for (const [share, amount] of expected) amounts.add(share, -amount)
  assert.ok(amounts.size <= 16, `${amounts.size} in memory, none hold anything`)
})

test.run()
