import * as assert from 'uvu/assert'
import { addressGroup } from '../../src/identity/address-group.ts'
import { test } from '../support/suite.ts'

test('addresses of one IPv6 /64 network count as one', () => {
  assert.is(addressGroup('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2')
  assert.is(addressGroup('2001:db8:1:2::9'), '2001:db8:1:2')
  assert.is(addressGroup('2001:db8::9'), '2001:db8:0:0')
  assert.is(addressGroup('::1'), '0:0:0:0')
  assert.is(addressGroup('fe80::1%eth0'), 'fe80:0:0:0')
  assert.is(addressGroup('::ffff:192.0.2.1'), '192.0.2.1')
  assert.is(addressGroup('192.0.2.1'), '192.0.2.1')
  assert.is(addressGroup(undefined), '')
})

test.run()
