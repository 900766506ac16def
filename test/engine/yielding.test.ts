import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { mapInStretches } from '../../src/engine/yielding.ts'

function busy(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

test('long work lets others in between, and its results keep their order', async () => {
  let turns = 0
  let done = false
  const counted = (async () => {
    while (!done) {
      await turn()
      turns++
    }
  })()
  const elements = Array.from({ length: 12 }, (_, i) => i)
  const doubled = await mapInStretches(elements, (element) => {
    busy(5)
    return element * 2
  })
  done = true
  await counted
  assert.equal(doubled, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22])
  assert.ok(turns >= 3, `${turns} turns of the event loop during 60 ms`)
})

test('what work throws is thrown', async () => {
  const failed = await mapInStretches([1], () => {
    throw new Error('no')
  }).catch((error: Error) => error.message)
  assert.is(failed, 'no')
})

test.run()
