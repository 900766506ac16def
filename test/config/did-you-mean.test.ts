import * as assert from 'uvu/assert'
import { didYouMean } from '../../src/config/did-you-mean.ts'
import { test } from '../support/suite.ts'

const KNOWN = ['bind_host', 'bind_port', 'workers', 'http_request_max_retries']

test('a typing error of up to two letters proposes the closest name', () => {
  assert.is(didYouMean('bind_prot', KNOWN), ' (did you mean "bind_port"?)')
  assert.is(didYouMean('worker', KNOWN), ' (did you mean "workers"?)')
  assert.is(
    didYouMean('http-request-max-retries', KNOWN),
    ' (did you mean "http_request_max_retries"?)',
  )
  assert.is(didYouMean('Bind-Host', KNOWN), ' (did you mean "bind_host"?)')
})

test('a name that is not close proposes nothing', () => {
  assert.is(didYouMean('memcached_servers', KNOWN), '')
  assert.is(didYouMean('bind_xyzt', KNOWN), '')
  assert.is(didYouMean('up', ['on']), '')
  assert.is(didYouMean('x'.repeat(100_000), KNOWN), '')
})

test.run()
