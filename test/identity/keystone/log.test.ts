import * as assert from 'uvu/assert'
import { OutageLog } from '../../../src/identity/keystone/log.ts'
import { test } from '../../support/suite.ts'
import { ManualClock } from './manual-clock.ts'
import { RecordedLog } from './recorded-log.ts'

function outages() {
  const clock = new ManualClock()
  const log = new RecordedLog()
  return { clock, log, outage: new OutageLog(log, () => clock.monotonicMs()) }
}

test('an outage is logged at its start, every ten seconds, and at its end', () => {
  const { clock, log, outage } = outages()
  for (let second = 0; second < 25; second++) {
    outage.failed('ECONNREFUSED')
    clock.advance(1_000)
  }
  outage.succeeded()
  outage.succeeded()
  const levels = log.lines.map((line) => line.level)
  assert.equal(levels, ['error', 'error', 'error', 'info'])
  assert.equal(
    log.lines.map((line) => line.fields.failures),
    [1, 10, 10, 4],
  )
})

test('alternating failures and successes do not fill the log', () => {
  const { clock, log, outage } = outages()
  for (let n = 0; n < 1_000; n++) {
    outage.failed('busy')
    outage.succeeded()
    clock.advance(9)
  }
  assert.is(log.lines.length, 2)
})

test('successes are not logged', () => {
  const { log, outage } = outages()
  outage.succeeded()
  assert.is(log.lines.length, 0)
})

test.run()
