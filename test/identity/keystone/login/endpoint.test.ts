import * as assert from 'uvu/assert'
import { identityEndpoint, versionedUrl } from '../../../../src/identity/keystone/login/endpoint.ts'
import { test } from '../../../support/suite.ts'
import { optionsFor } from '../fake-keystone.ts'

const defaults = optionsFor({ url: 'http://auth:5000' })
const catalog = [
  {
    type: 'compute',
    endpoints: [{ interface: 'internal', region: 'north', url: 'http://nova' }],
  },
  {
    type: 'identity',
    endpoints: [
      { interface: 'public', region: 'north', url: 'http://north-public/v3' },
      { interface: 'internal', region: 'north', url: 'http://north/identity' },
      { interface: 'internal', region: 'south', url: 'http://south:5000/v2.0/' },
    ],
  },
]

test('endpoint_override wins over the catalog', () => {
  const options = { ...defaults, endpoint_override: 'http://override/identity/' }
  assert.is(identityEndpoint(options, catalog), 'http://override/identity/v3')
})

test('the catalog endpoint is chosen by interface and region', () => {
  assert.is(identityEndpoint(defaults, catalog), 'http://north/identity/v3')
  const inSouth = { ...defaults, region_name: 'south' }
  assert.is(identityEndpoint(inSouth, catalog), 'http://south:5000/v3')
  const anyPublic = { ...defaults, interface: 'public' } as const
  assert.is(identityEndpoint(anyPublic, catalog), 'http://north-public/v3')
})

test('without a catalog entry the address of the login is used', () => {
  const admin = { ...defaults, interface: 'admin' } as const
  assert.is(identityEndpoint(admin, catalog), 'http://auth:5000/v3')
  const elsewhere = { ...defaults, region_name: 'west' }
  assert.is(identityEndpoint(elsewhere, catalog), 'http://auth:5000/v3')
  assert.is(identityEndpoint(defaults, []), 'http://auth:5000/v3')
})

test('every form of the address leads to version 3', () => {
  for (const url of ['http://k', 'http://k/', 'http://k/v3', 'http://k/v3/', 'http://k/v2.0']) {
    assert.is(versionedUrl(url), 'http://k/v3')
  }
})

test.run()
