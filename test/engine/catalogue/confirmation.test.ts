import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Confirmation, moveRevision } from '../../../src/engine/catalogue/confirmation.ts'
import { MemoryDriver } from '../../../src/storage/memory/driver.ts'
import { MemoryStore } from '../../../src/storage/memory/store.ts'
import { type FaultScript, faulty } from '../../storage/faulty-driver.ts'
import { remote } from '../remote-driver.ts'

const test = suite('confirmation')

const POLL_MS = 20
const CONFIRMED_MS = 150
const WAIT_MS = 30_000

function confirming(script: FaultScript = () => undefined, monotonicNow = () => performance.now()) {
  const store = new MemoryStore()
  const errors: unknown[] = []
  let changes = 0
  const confirmation = new Confirmation({
    driver: faulty(remote(new MemoryDriver(store)), script),
    onChange: () => changes++,
    monotonicNow,
    onBackgroundError: (error) => errors.push(error),
    pollIntervalMs: POLL_MS,
    confirmedMaxMs: CONFIRMED_MS,
  })
  return { confirmation, errors, store, changes: () => changes }
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + WAIT_MS
  while (!holds()) {
    assert.ok(performance.now() < end, 'in time')
    await delay(1)
  }
}

test('nothing is confirmed before the first answer', async () => {
  const { confirmation } = confirming()
  assert.is(confirmation.holds(), false)
  await until(() => confirmation.holds())
  confirmation.close()
})

test('a move of the revision by another process is noticed by the next poll', async () => {
  let polls = 0
  const { confirmation, store, changes } = confirming(() => {
    polls++
    return undefined
  })
  await until(() => confirmation.holds())
  const [mark, before] = [confirmation.mark(), changes()]
  await delay(3 * POLL_MS)
  assert.equal([confirmation.mark(), changes()], [mark, before], 'nothing without a move')
  await moveRevision(remote(new MemoryDriver(store)), performance.now() + WAIT_MS)
  const moved = polls
  await until(() => changes() === before + 1)
  assert.ok(polls - moved <= 2, `${polls - moved} polls`)
  assert.is.not(confirmation.mark(), mark)
  confirmation.close()
})

test('without answers nothing is confirmed after a while, and is again with them', async () => {
  let isAway = false
  let now = 0
  const { confirmation, errors } = confirming(
    () => (isAway ? { fault: 'unavailable' } : undefined),
    () => now,
  )
  await until(() => confirmation.holds())
  isAway = true
  await until(() => errors.length > 1)
  now += CONFIRMED_MS - 1
  assert.ok(confirmation.holds(), 'trouble for a moment is none')
  now += 1
  assert.not.ok(confirmation.holds())
  isAway = false
  await until(() => confirmation.holds())
  confirmation.close()
})

test('an answer counts from when it was asked for', async () => {
  const { confirmation } = confirming(() => ({ fault: 'delay', milliseconds: CONFIRMED_MS + 10 }))
  await delay(CONFIRMED_MS + 60)
  assert.is(confirmation.holds(), false)
  confirmation.close()
})

test('after close no more is asked or told', async () => {
  let calls = 0
  const { confirmation, errors } = confirming(() => {
    calls++
    return { fault: 'unavailable' }
  })
  confirmation.close()
  await delay(3 * POLL_MS)
  assert.equal([calls, errors.length], [1, 0])
})

test('a move whose outcome stays open is an error, to be tried again', async () => {
  const lost = faulty(new MemoryDriver(), () => ({ fault: 'lost-unknown' }))
  const error = await moveRevision(lost, performance.now() + 30_000).catch(
    (reason: unknown) => reason,
  )
  assert.instance(error, Error)
  await moveRevision(
    faulty(new MemoryDriver(), () => ({ fault: 'applied-unknown' })),
    performance.now() + 30_000,
  )
})

test.run()
