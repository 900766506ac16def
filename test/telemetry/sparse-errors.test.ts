import * as assert from 'uvu/assert'
import { sparseErrors } from '../../src/telemetry/sparse-errors.ts'
import { test } from '../support/suite.ts'

test('a repeated error is logged twice a minute and counted', () => {
  const lines: unknown[] = []
  let now = 1_000
  const write = (fields: unknown) => lines.push(fields)
  const report = sparseErrors({ error: write }, 'failed', () => now)
  const error = new Error('away')
  report(error)
  for (; now < 30_000; now += 1_000) report(error)
  assert.equal(lines, [{ error }])
  now = 31_000
  report(error)
  assert.equal(lines, [{ error }, { error, unlogged: 29 }])
  now = 61_000
  report(error)
  assert.equal(lines.at(-1), { error })
})

test.run()
