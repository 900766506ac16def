import * as assert from 'uvu/assert'
import { IdentityUnavailableError } from '../../../src/identity/errors.ts'
import { CallLimits } from '../../../src/identity/keystone/call-limits.ts'
import { KeystoneCalls } from '../../../src/identity/keystone/keystone-calls.ts'
import { OutageLog } from '../../../src/identity/keystone/log.ts'
import { UnansweredError } from '../../../src/identity/keystone/unanswered-error.ts'
import { suite } from '../../support/suite.ts'
import { ManualClock } from './manual-clock.ts'
import { RecordedLog } from './recorded-log.ts'

/** With this many processes, each has two calls in flight, one per address, and 16 waiting. */
const PROCESSES = 16
const WAITING = 16
const SILENCE = new UnansweredError('ECONNREFUSED')

/** A call that ends when the test says so. */
class Pending {
  end: () => void = () => {}
  readonly ended = new Promise<void>((resolve) => {
    this.end = resolve
  })
}

const test = suite('calls to Keystone')
let calls: KeystoneCalls
let log: RecordedLog

test.before.each(() => {
  const clock = new ManualClock()
  log = new RecordedLog()
  const nowMs = () => clock.monotonicMs()
  calls = new KeystoneCalls(new CallLimits(PROCESSES, nowMs), new OutageLog(log, nowMs))
})

const later = () => performance.now() + 30_000
const ends = (error: Error) =>
  calls.run('a', later(), () => Promise.reject(error)).catch((thrown: unknown) => thrown)
const succeeds = () => calls.run('a', later(), async () => 'answer')

test('Keystone is away after a call without an answer, until it answers', async () => {
  assert.is(calls.isAway, false)
  assert.is(await ends(SILENCE), SILENCE)
  assert.is(calls.isAway, true)
  await succeeds()
  assert.is(calls.isAway, false)
  await ends(SILENCE)
  await ends(new IdentityUnavailableError('Keystone answered 403'))
  assert.is(calls.isAway, false)
})

test('a call that finds no place, or too late, tells nothing about Keystone', async () => {
  const pending = new Pending()
  const all = Array.from({ length: 1 + WAITING }, () =>
    calls.run('a', later(), () => pending.ended),
  )
  assert.instance(await succeeds().catch((error: unknown) => error), IdentityUnavailableError)
  const late = calls.run('b', performance.now() - 1, async () => assert.unreachable('is asked'))
  assert.instance(await late.catch((error: unknown) => error), IdentityUnavailableError)
  assert.equal([calls.isAway, log.lines.length], [false, 0])
  pending.end()
  await Promise.all(all)
  await ends(SILENCE)
  await calls.run('b', performance.now() - 1, async () => 'answer').catch(() => undefined)
  assert.is(calls.isAway, true)
})

test('a call that waited while others were answered tells nothing about Keystone', async () => {
  const pending = new Pending()
  const first = calls.run('a', later(), () => pending.ended)
  const second = ends(SILENCE)
  pending.end()
  await first
  assert.is(await second, SILENCE)
  assert.is(calls.isAway, false)
})

test.run()
