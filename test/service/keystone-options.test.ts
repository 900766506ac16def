import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config/load.ts'
import { keystoneOptions } from '../../src/service/keystone-options.ts'
import { ConfigFolder } from '../config/config-folder.ts'
import { test } from '../support/suite.ts'

const folder = new ConfigFolder()
test.after(() => folder.remove())

const REQUIRED = `[keystone_authtoken]
auth_url = http://127.0.0.1:5000/v3
username = magnetodb
user_domain_id = default
password = hunter2
project_name = service
project_domain_id = default
`

const optionsOf = (more = '') =>
  keystoneOptions(loadConfig([folder.write('magnetodb.conf', `${REQUIRED}${more}`)]))

test('by default there is no shared cache, and services need the role service', () => {
  const options = optionsOf()
  assert.is(options.sharedCache, undefined)
  assert.is(options.jwsKeyFolder, undefined)
  assert.equal(options.serviceTokenRoles, ['service'])
  assert.is(options.serviceTokenRolesRequired, true)
})

test('options in seconds become milliseconds', () => {
  const { sharedCache } = optionsOf('memcached_servers = inet:cache1,10.0.0.1:11222\n')
  assert.equal(sharedCache, {
    servers: ['cache1:11211', '10.0.0.1:11222'],
    securityStrategy: 'None',
    secretKey: undefined,
    tls: undefined,
    pool: {
      connectionsMax: 10,
      operationTimeoutMs: 250,
      unusedTimeoutMs: 60_000,
      deadRetryMs: 30_000,
    },
  })
})

test('configured values are used', () => {
  const { sharedCache, ...options } = optionsOf(`memcached_servers = a
memcache_security_strategy = MAC
memcache_secret_key = s
memcache_pool_maxsize = 3
memcache_pool_socket_timeout = 0.5
memcache_pool_unused_timeout = 10
memcache_pool_dead_retry = 5
service_token_roles = glue, nova
service_token_roles_required = false
jws_public_key_repository = ${folder.path}
`)
  assert.is(sharedCache?.securityStrategy, 'MAC')
  assert.is(sharedCache?.secretKey, 's')
  assert.equal(sharedCache?.pool, {
    connectionsMax: 3,
    operationTimeoutMs: 500,
    unusedTimeoutMs: 10_000,
    deadRetryMs: 5_000,
  })
  assert.equal(options.serviceTokenRoles, ['glue', 'nova'])
  assert.is(options.serviceTokenRolesRequired, false)
  assert.is(options.jwsKeyFolder, folder.path)
})

test("memcached's key is read from the certificate file if it has none", () => {
  const file = folder.write('memcached.pem', '')
  const key = folder.write('memcached.key', '')
  const tls = `memcached_servers = a
memcache_tls_enabled = true
memcache_tls_cafile = ${file}
memcache_tls_certfile = ${file}
memcache_tls_allowed_ciphers = ECDHE+AESGCM
`
  const expected = { cafile: file, certfile: file, keyfile: file, ciphers: 'ECDHE+AESGCM' }
  assert.equal(optionsOf(tls).sharedCache?.tls, expected)
  const apart = optionsOf(`${tls}memcache_tls_keyfile = ${key}\n`)
  assert.is(apart.sharedCache?.tls?.keyfile, key)
})

test.run()
