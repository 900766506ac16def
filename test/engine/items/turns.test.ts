import * as assert from 'uvu/assert'
import { Turns } from '../../../src/engine/items/turns.ts'
import { suite } from '../../support/suite.ts'
import { outcomeOf } from '../engine-fixture.ts'

const test = suite('turns')

test('work on one row runs sequentially, in order of arrival', async () => {
  const turns = new Turns()
  const log: string[] = []
  const work = (name: string) => async () => {
    log.push(`${name} begins`)
    await new Promise(setImmediate)
    log.push(`${name} ends`)
    return name
  }
  const results = await Promise.all(['a', 'b', 'c'].map((name) => turns.take('row', work(name))))
  assert.equal(results, ['a', 'b', 'c'])
  const expected = ['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`])
  assert.equal(log, expected)
})

test('work on other rows does not wait', async () => {
  const turns = new Turns()
  let release = () => {}
  const held = turns.take('one', () => new Promise<void>((resolve) => (release = resolve)))
  assert.is(await turns.take('two', async () => 'done'), 'done')
  await new Promise(setImmediate)
  release()
  await held
})

test('failed work does not affect the next', async () => {
  const turns = new Turns()
  const failing = turns.take('row', async () => {
    throw new RangeError('on purpose')
  })
  const next = turns.take('row', async () => 'done')
  assert.instance(await failing.catch((reason: unknown) => reason), RangeError)
  assert.is(await next, 'done')
})

test('work beyond the limit of waiting work is refused at once', async () => {
  const turns = new Turns()
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const waiting = Array.from({ length: 1000 }, () => turns.take('row', () => gate))
  assert.is(await outcomeOf(turns.take('row', () => gate)), 'unavailable')
  release()
  await Promise.all(waiting)
  assert.is(await turns.take('row', async () => 'done'), 'done')
})

test.run()
