import { setImmediate as turn } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { WorkTurns } from '../../src/admission/work-turns.ts'
import type { Steps } from '../../src/model/steps.ts'
import { test } from '../support/suite.ts'

function busy(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

function* longWork(pieces: number, done: () => void = () => {}): Steps<number> {
  for (let i = 0; i < pieces; i++) {
    yield 'long'
    busy(2)
  }
  done()
  return pieces
}

/** Counts the turns of the event loop from now on. */
function countTurns(): { readonly count: number; end(): void } {
  const turns = {
    count: 0,
    isOver: false,
    end() {
      turns.isOver = true
    },
  }
  const next = (): void => {
    turns.count++
    if (!turns.isOver) setImmediate(next)
  }
  setImmediate(next)
  return turns
}

test('a few steps run at once if nobody waits', () => {
  // On a crowded machine a turn's time could pass between two steps, so the clock stands still.
  const turns = new WorkTurns(() => 0)
  const three = turns.finish(
    'a',
    (function* (): Steps<number> {
      yield
      yield
      return 3
    })(),
  )
  assert.is(three, 3)
})

test('an error of a step is thrown, at once and later', async () => {
  const turns = new WorkTurns()
  function* failing(pieces: number): Steps<number> {
    yield* longWork(pieces)
    throw new RangeError('on purpose')
  }
  assert.throws(() => turns.finish('a', failing(0)), RangeError)
  const later = turns.finish('a', failing(2))
  assert.instance(await Promise.resolve(later).catch((error: unknown) => error), RangeError)
})

test('64 long works of one project leave the event loop to others', async () => {
  const turns = new WorkTurns()
  const works = Array.from({ length: 64 }, () => turns.finish('a', longWork(8)))
  const counted = countTurns()
  assert.equal(await Promise.all(works), Array(64).fill(8))
  counted.end()
  // 1,024 ms of work at 8 ms per turn is at least 64 turns.
  assert.ok(counted.count >= 64, `${counted.count} turns`)
})

test('work starts within two turns, however much another project has waiting', async () => {
  const turns = new WorkTurns()
  let ended = 0
  for (let i = 0; i < 64; i++)
    void turns.finish(
      'a',
      longWork(20, () => ended++),
    )
  await turn()
  let begunIn: number | undefined
  const counted = countTurns()
  const stranger = turns.finish(
    'b',
    (function* (): Steps<void> {
      yield 'long'
      begunIn = counted.count
    })(),
  )
  await stranger
  counted.end()
  assert.ok(begunIn !== undefined && begunIn <= 2, `begun in turn ${begunIn}`)
  assert.is(ended, 0)
})

test('projects with waiting work take turns', async () => {
  const turns = new WorkTurns()
  const order: string[] = []
  const all = ['a', 'a', 'a', 'b', 'c', 'c'].map((share) =>
    turns.turn(share).then(() => order.push(share)),
  )
  await Promise.all(all)
  assert.equal(order, ['a', 'b', 'c', 'a', 'c', 'a'])
})

test('a project alone has all its work done, in order of arrival', async () => {
  const turns = new WorkTurns()
  const order: number[] = []
  const works = Array.from({ length: 30 }, (_, i) => turns.turn('a').then(() => order.push(i)))
  await Promise.all(works)
  assert.equal(order, [...Array(30).keys()])
})

test.run()
