import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { atOnce, below } from './at-once.ts'
import { p99, quantile } from './quantile.ts'
import { suite } from './suite.ts'
import { until } from './until.ts'

const test = suite('work at once')

test('atOnce processes each element once, with bounded concurrency', async () => {
  const seen: number[] = []
  let [now, most] = [0, 0]
  await atOnce(3, below(20), async (n) => {
    most = Math.max(most, ++now)
    await delay(1)
    seen.push(n)
    now--
  })
  assert.equal(
    seen.sort((a, b) => a - b),
    below(20),
  )
  assert.is(most, 3)
})

test('atOnce rejects if one element fails', async () => {
  const work = atOnce(2, below(5), (n) => (n === 3 ? Promise.reject(new Error('3')) : delay(1)))
  assert.is(String(await work.catch((error: unknown) => error)), 'Error: 3')
})

test('until resolves when it holds, and rejects with what it waited for', async () => {
  let asked = 0
  await until('the third time', () => ++asked === 3)
  const waiting = until('never', () => false, { limitMs: 5 })
  assert.match(String(await waiting.catch((error: unknown) => error)), 'not in time: never')
})

test('a quantile is one of the unsorted values', () => {
  const values = below(200).map((n) => (n * 7) % 200)
  assert.equal([quantile(values, 0.5), p99(values), quantile([], 0.5)], [100, 198, 0])
})

test.run()
