import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Overload } from '../../src/http/overload.ts'

/** One turn in which requests arrive, each of which takes a while; how many are refused. */
async function turnOf(overload: Overload, requests: number, milliseconds: number): Promise<number> {
  let refused = 0
  for (let i = 0; i < requests; i++) {
    if (overload.refuses()) refused++
    else busy(milliseconds)
  }
  await turn()
  return refused
}

function busy(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

test('one long turn is no overload', async () => {
  const overload = new Overload()
  assert.is(await turnOf(overload, 5, 100), 0)
  await turn()
  assert.is(await turnOf(overload, 5, 1), 0)
})

test('after a while of long turns each takes what it can begin, until that is over', async () => {
  const overload = new Overload()
  const refused: number[] = []
  for (let i = 0; i < 12; i++) refused.push(await turnOf(overload, 10, 10))
  assert.equal(refused.slice(0, 3), [0, 0, 0])
  const last = refused.at(-1) ?? 0
  assert.ok(last >= 3 && last <= 6, `${last} of 10 requests of 10 ms fit no turn of 50 ms`)
  await turnOf(overload, 1, 1)
  assert.is(await turnOf(overload, 10, 10), 0)
})

test('it watches nothing while nothing arrives', async () => {
  const overload = new Overload()
  for (let i = 0; i < 8; i++) await turnOf(overload, 10, 10)
  await delay(100)
  assert.is(await turnOf(overload, 10, 10), 0)
})

test.run()
