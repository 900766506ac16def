import * as assert from 'uvu/assert'
import { IdentityUnavailableError } from '../../../src/identity/errors.ts'
import { CallSlots } from '../../../src/identity/keystone/call-slots.ts'
import { test } from '../../support/suite.ts'

/** Calls that end when the test says so. */
function manualCalls(slots: CallSlots) {
  const running: ((error?: Error) => void)[] = []
  const outcomes: Promise<unknown>[] = []
  const start = (address = 'a') => {
    const outcome = slots.run(
      address,
      () =>
        new Promise<void>((resolve, reject) => {
          running.push((error) => (error ? reject(error) : resolve()))
        }),
    )
    outcomes.push(outcome.catch((error: unknown) => error))
  }
  return { running, outcomes, start }
}

test('no more calls run than there are slots; others follow in order', async () => {
  const { running, outcomes, start } = manualCalls(new CallSlots({ slots: 2, waitingMax: 10 }))
  for (let n = 0; n < 5; n++) start()
  assert.is(running.length, 2)
  for (let done = 0; done < 5; done++) {
    running[done]?.()
    await outcomes[done]
    await new Promise(setImmediate)
    assert.is(running.length, Math.min(5, done + 3))
  }
})

test('a call is refused if too many are waiting', async () => {
  const { running, outcomes, start } = manualCalls(new CallSlots({ slots: 1, waitingMax: 1 }))
  start()
  start()
  start()
  assert.instance(await outcomes[2], IdentityUnavailableError)
  running[0]?.()
  await outcomes[0]
  await new Promise(setImmediate)
  running[1]?.()
  await outcomes[1]
})

test('a failed call frees its slot', async () => {
  const { running, outcomes, start } = manualCalls(new CallSlots({ slots: 1, waitingMax: 1 }))
  start()
  running[0]?.(new Error('failed'))
  assert.match(String(await outcomes[0]), 'failed')
  start()
  assert.is(running.length, 2)
  running[1]?.()
  await outcomes[1]
})

test('addresses take turns for slots', async () => {
  const order: string[] = []
  const slots = new CallSlots({ slots: 1, waitingMax: 10 })
  const { promise: gate, resolve: open } = withResolvers()
  const call = (address: string) =>
    slots.run(address, () => gate.then(() => void order.push(address)))
  const calls = ['a', 'a', 'a', 'a', 'b', 'b', 'c'].map(call)
  open()
  await Promise.all(calls)
  assert.is(order.join(''), 'aabcaba')
})

test('if all places are taken, the address with most gives up its newest', async () => {
  const { running, outcomes, start } = manualCalls(new CallSlots({ slots: 1, waitingMax: 4 }))
  for (let n = 0; n < 5; n++) start('a')
  start('b')
  assert.instance(await outcomes[4], IdentityUnavailableError, 'the last of a')
  start('b')
  assert.instance(await outcomes[3], IdentityUnavailableError, 'the one before')
  start('b')
  assert.instance(await outcomes[7], IdentityUnavailableError, 'both have as many')
  for (let done = 0; done < 5; done++) {
    running[done]?.()
    await new Promise(setImmediate)
  }
  assert.is(running.length, 5)
})

test('an address uses no more slots than its share', async () => {
  const shareOf = (address: string) =>
    address === 'bad' ? { slots: 1, waiting: 2 } : { slots: 3, waiting: 9 }
  const slots = new CallSlots({ slots: 3, waitingMax: 9, shareOf })
  const { running, outcomes, start } = manualCalls(slots)
  for (let n = 0; n < 4; n++) start('bad')
  assert.is(running.length, 1)
  assert.instance(await outcomes[3], IdentityUnavailableError)
  start('good')
  start('good')
  start('good')
  assert.is(running.length, 3)
  running[1]?.()
  await new Promise(setImmediate)
  assert.is(running.length, 4, 'not the bad ones, which came first')
  for (let done = 0; done < 6; done++) {
    running[done]?.()
    await new Promise(setImmediate)
  }
  await Promise.all(outcomes)
  assert.is(running.length, 6)
})

test('an address whose share grows uses free slots at once', async () => {
  let mine = 1
  const slots = new CallSlots({
    slots: 4,
    waitingMax: 9,
    shareOf: () => ({ slots: mine, waiting: 9 }),
  })
  const { running, outcomes, start } = manualCalls(slots)
  for (let n = 0; n < 5; n++) start()
  assert.is(running.length, 1)
  mine = 4
  running[0]?.()
  await outcomes[0]
  await new Promise(setImmediate)
  assert.is(running.length, 5)
  for (const end of running) end()
  await Promise.all(outcomes)
})

function withResolvers() {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

test.run()
