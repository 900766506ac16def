import * as assert from 'uvu/assert'
import { shortened } from '../../../src/dialect/magnetodb/shortened.ts'
import { test } from '../../support/suite.ts'

test('a long text in a message is cut, and the message says so', () => {
  assert.is(shortened('x'.repeat(1_000)), 'x'.repeat(1_000))
  assert.is(shortened('x'.repeat(5_000)), `${'x'.repeat(1_000)}...`)
})

test.run()
