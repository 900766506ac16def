import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { IdentityUnavailableError } from '../../../src/identity/errors.ts'
import { CallSlots } from '../../../src/identity/keystone/call-slots.ts'

/** Calls that end when they are told to. */
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

test('no more calls run than there are slots; the others follow in order', async () => {
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

test('who finds too many waiting is refused', async () => {
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

test('a call that fails gives its slot back', async () => {
  const { running, outcomes, start } = manualCalls(new CallSlots({ slots: 1, waitingMax: 1 }))
  start()
  running[0]?.(new Error('failed'))
  assert.match(String(await outcomes[0]), 'failed')
  start()
  assert.is(running.length, 2)
  running[1]?.()
  await outcomes[1]
})

test.run()
