import * as assert from 'uvu/assert'
import { isLoopbackHost } from '../../src/identity/loopback-host.ts'
import { test } from '../support/suite.ts'

test('loopback names and addresses are accepted, with and without a port', () => {
  for (const host of [
    'localhost',
    'LocalHost:8480',
    '127.0.0.1',
    '127.0.0.1:8480',
    '127.3.2.1:1',
    '[::1]',
    '[::1]:8480',
  ]) {
    assert.ok(isLoopbackHost(host), host)
  }
})

test('every other name is refused, however it begins or ends', () => {
  for (const host of [
    undefined,
    '',
    'example.org',
    'localhost.example.org',
    'localhost.',
    '127.0.0.1.example.org',
    'evil-127.0.0.1',
    'x@localhost',
    'localhost/x',
    'localhost:',
    'localhost:8480:1',
    'localhost\n',
    '128.0.0.1',
    '::1',
    '[::2]',
    '10.0.0.1',
  ]) {
    assert.not(isLoopbackHost(host), String(host))
  }
})

test.run()
