import { mock } from 'node:test'
import * as assert from 'uvu/assert'
import { LineCap } from '../../src/telemetry/line-cap.ts'
import { test } from '../support/suite.ts'

const WINDOW_MS = 10_000
const LINES_MAX = 20

/** A cap with a simulated clock, which `pass` advances together with the timers. */
function cap() {
  const told: Readonly<Record<string, number>>[] = []
  let now = 1_000
  const lines = new LineCap(
    (counts) => told.push(counts),
    () => now,
  )
  const pass = (ms: number): void => {
    now += ms
    mock.timers.tick(ms)
  }
  return { lines, told, pass }
}

test.before.each(() => mock.timers.enable({ apis: ['setTimeout'] }))
test.after.each(() => mock.timers.reset())

const admitted = (lines: LineCap, key: number, count: number): number =>
  Array.from({ length: count }, () => lines.admits(key)).filter(Boolean).length

test('a line cap admits a number of lines per key in a window', () => {
  const { lines, told, pass } = cap()
  assert.is(admitted(lines, 401, 100), LINES_MAX)
  assert.is(admitted(lines, 404, 5), 5)
  pass(WINDOW_MS - 1)
  assert.is(admitted(lines, 401, 1), 0)
  assert.equal(told, [])
  pass(1)
  assert.equal(told, [{ 401: 101 - LINES_MAX }])
  assert.is(admitted(lines, 401, 100), LINES_MAX)
})

test('a line cap reports nothing if nothing was suppressed', () => {
  const { lines, told, pass } = cap()
  admitted(lines, 401, LINES_MAX)
  pass(3 * WINDOW_MS)
  lines.flush()
  assert.equal(told, [])
  assert.is(admitted(lines, 401, 1), 1)
})

test('a flush reports suppressed lines at once', () => {
  const { lines, told } = cap()
  admitted(lines, 401, 50)
  lines.flush()
  lines.flush()
  assert.equal(told, [{ 401: 30 }])
})

test.run()
