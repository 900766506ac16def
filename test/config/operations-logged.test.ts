import * as assert from 'uvu/assert'
import { operationsLogged } from '../../src/config/operations-logged.ts'
import { test } from '../support/suite.ts'

const { parse, format } = operationsLogged()

test('log_operations accepts booleans, errors and slow:TIME', () => {
  for (const text of ['false', 'False', 'off', '0', 'no']) {
    assert.equal(parse(text), { are: 'none' }, text)
  }
  for (const text of ['true', 'True', 'on', '1', 'yes']) {
    assert.equal(parse(text), { are: 'all' }, text)
  }
  assert.equal(parse('errors'), { are: 'errors' })
  assert.equal(parse('slow:20ms'), { are: 'errors_and_slow', slowMs: 20 })
})

test('log_operations refuses other values', () => {
  for (const text of ['slow', 'slow:', 'slow:20', 'slow:20s', 'slow:-1ms', 'constructor', '20ms']) {
    assert.is(parse(text), undefined, text)
  }
})

test('a log_operations value is formatted as it was read', () => {
  for (const text of ['false', 'true', 'errors', 'slow:20ms']) {
    const value = parse(text)
    assert.ok(value)
    assert.is(format(value), text)
  }
})

test.run()
