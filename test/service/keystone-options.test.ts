import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config/load.ts'
import { nodeOptions } from '../../src/identity/keystone/tokens/shared-token-cache.ts'
import { keystoneOptions } from '../../src/service/keystone-options.ts'
import { test } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const folder = new TemporaryFolder()
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
  assert.is(options.memcached_servers, undefined)
  assert.is(options.jws_public_key_repository, undefined)
  assert.equal(options.service_token_roles, ['service'])
  assert.is(options.service_token_roles_required, true)
})

test('options in seconds become milliseconds', () => {
  const options = optionsOf('memcached_servers = inet:cache1,10.0.0.1:11222\n')
  assert.equal(options.memcached_servers, ['cache1:11211', '10.0.0.1:11222'])
  assert.is(options.memcache_security_strategy, 'None')
  assert.equal(nodeOptions(options), {
    connectionsMax: 10,
    operationTimeoutMs: 250,
    unusedTimeoutMs: 60_000,
    deadRetryMs: 30_000,
    tls: undefined,
  })
})

test('configured values are used', () => {
  const options = optionsOf(`memcached_servers = a
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
  assert.is(options.memcache_security_strategy, 'MAC')
  assert.is(options.memcache_secret_key, 's')
  assert.equal(nodeOptions(options), {
    connectionsMax: 3,
    operationTimeoutMs: 500,
    unusedTimeoutMs: 10_000,
    deadRetryMs: 5_000,
    tls: undefined,
  })
  assert.equal(options.service_token_roles, ['glue', 'nova'])
  assert.is(options.service_token_roles_required, false)
  assert.is(options.jws_public_key_repository, folder.path)
})

test("memcached's key is read from the certificate file if it has none", () => {
  const file = folder.write('memcached.pem', 'certificate and key')
  const key = folder.write('memcached.key', 'key')
  const config = `memcached_servers = a
memcache_tls_enabled = true
memcache_tls_cafile = ${file}
memcache_tls_certfile = ${file}
memcache_tls_allowed_ciphers = ECDHE+AESGCM
`
  const { tls } = nodeOptions(optionsOf(config))
  for (const content of [tls?.ca, tls?.cert, tls?.key]) {
    assert.is(String(content), 'certificate and key')
  }
  assert.is(tls?.ciphers, 'ECDHE+AESGCM')
  const apart = nodeOptions(optionsOf(`${config}memcache_tls_keyfile = ${key}\n`))
  assert.is(String(apart.tls?.key), 'key')
})

test.run()
