import * as assert from 'uvu/assert'
import { TrustedProxies } from '../../src/identity/trusted-proxies.ts'
import { test } from '../support/suite.ts'

const proxies = new TrustedProxies(['10.0.0.0/8', 'fd00::1/128'])

test('behind trusted proxies the client is the last address that is no proxy', () => {
  assert.is(proxies.clientOf('10.0.0.1', '1.2.3.4'), '1.2.3.4')
  assert.is(proxies.clientOf('10.0.0.1', ' 1.2.3.4 '), '1.2.3.4')
  assert.is(proxies.clientOf('10.0.0.1', '1.2.3.4, 10.9.9.9'), '1.2.3.4')
  assert.is(proxies.clientOf('10.0.0.1', '2001:db8::1'), '2001:db8::1')
  assert.is(proxies.clientOf('fd00::1', '1.2.3.4'), '1.2.3.4')
  assert.is(proxies.clientOf('::ffff:10.0.0.1', '1.2.3.4'), '1.2.3.4', 'as dual stacks say it')
  assert.is(proxies.clientOf('10.0.0.1', '10.0.0.2,10.0.0.3'), '10.0.0.2', 'a proxy of ours asks')
})

test('an address that the client forged is not used', () => {
  assert.is(proxies.clientOf('1.2.3.4', '5.6.7.8'), '1.2.3.4')
  assert.is(proxies.clientOf('fd00::2', '5.6.7.8'), 'fd00::2')
  assert.is(proxies.clientOf('10.0.0.1', '5.6.7.8, 1.2.3.4'), '1.2.3.4')
  assert.is(proxies.clientOf('10.0.0.1', '10.0.0.2, 1.2.3.4'), '1.2.3.4')
})

test('a forwarded address may have a port', () => {
  assert.is(proxies.clientOf('10.0.0.1', '203.0.113.7:41234'), '203.0.113.7')
  assert.is(proxies.clientOf('10.0.0.1', '[2001:db8::1]:443'), '2001:db8::1')
  assert.is(proxies.clientOf('10.0.0.1', '[2001:db8::1]'), '2001:db8::1')
  assert.is(proxies.clientOf('10.0.0.1', '9.9.9.9:1, 1.2.3.4:80, 10.0.0.2:41234'), '1.2.3.4')
})

const NO_ADDRESSES = [
  ...['1.2.3.4:', '1.2.3.4:port', '1.2.3.4:123456', '1.2.3:80', '[1.2.3.4]:80', ':80'],
  ...['[::1', '::1]', '[::1]x', '[::1]:', '[]:80', '2001:db8::1:443:x', '"1.2.3.4:80"'],
]

test('a forwarded value that is no address ends the search', () => {
  for (const text of ['', ',', 'unknown', '_x', '1.2.3', '1.2.3.4,', ...NO_ADDRESSES]) {
    assert.is(proxies.clientOf('10.0.0.1', text), '10.0.0.1', text)
  }
  assert.is(proxies.clientOf('10.0.0.1', '1.2.3.4, x, 10.0.0.2'), '10.0.0.2')
  assert.is(proxies.clientOf('10.0.0.1', undefined), '10.0.0.1')
  assert.is(proxies.clientOf(undefined, '1.2.3.4'), undefined)
  assert.is(proxies.clientOf('fe80::1%eth0', '1.2.3.4'), 'fe80::1%eth0')
})

test('without trusted proxies the peer is the client', () => {
  assert.is(new TrustedProxies([]).clientOf('10.0.0.1', '1.2.3.4'), '10.0.0.1')
})

test.run()
