import * as assert from 'uvu/assert'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { test } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const folder = new TemporaryFolder()
test.after(() => folder.remove())

/** The error message, or an empty text if the configuration is accepted. */
function refusal(content: string): string {
  try {
    loadConfig([folder.write('magnetodb.conf', content)])
    return ''
  } catch (error) {
    assert.instance(error, ConfigError)
    const { message } = error as ConfigError
    assert.not.match(message, '\n')
    return message
  }
}

const NOAUTH = '[DEFAULT]\nauth_strategy = noauth\n'
const CASSANDRA = `${NOAUTH}storage_driver = cassandra\n[cassandra]\n`
const KEYSTONE = '[keystone_authtoken]\nauth_url = http://127.0.0.1:5000/v3\n'
const PASSWORD = `${KEYSTONE}username = magnetodb\nuser_domain_id = default\npassword = hunter2\n`
const PROJECT = 'project_name = service\nproject_domain_id = default\n'

test('noauth with a bind_host beyond loopback is refused', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'LOCALHOST']) {
    assert.is(refusal(`${NOAUTH}bind_host = ${host}\n`), '', host)
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.example.org', '::2', 'kv.example.org']) {
    assert.is(
      refusal(`${NOAUTH}bind_host = ${host}\n`),
      `[DEFAULT] bind_host = "${host}": must be a loopback address, such as 127.0.0.1, ` +
        'with auth_strategy = noauth',
    )
  }
})

test('the memory driver with more than one worker is refused', () => {
  const memory = `${NOAUTH}storage_driver = memory\n`
  assert.is(refusal(`${memory}workers = 1\n`), '')
  assert.is(
    refusal(`${memory}workers = 2\n`),
    '[DEFAULT] workers = 2: must be 1 with storage_driver = memory, ' +
      'whose tables live inside one process',
  )
})

test('keystone without user, password or project is refused', () => {
  assert.is(refusal(PASSWORD + PROJECT), '')
  assert.is(
    refusal(KEYSTONE),
    '[keystone_authtoken] user_id, or username and user_domain_name, or username and ' +
      'user_domain_id must be set with auth_type = password',
  )
  assert.match(refusal(`${KEYSTONE}username = magnetodb\n`), 'user_id, or username and')
  assert.match(refusal(`${KEYSTONE}user_id = 1\n`), '] password must be set')
  assert.match(refusal(PASSWORD), '] project_id, or project_name and')
  assert.match(refusal(`${PASSWORD}project_name = service\n`), '] project_id, or')
  assert.is(refusal(`${PASSWORD}project_id = 1\nauth_type = v3password\n`), '')
})

test('keystone accepts an application credential by id, or by name and user', () => {
  const credential = `${KEYSTONE}auth_type = v3applicationcredential\n`
  const secret = `${credential}application_credential_secret = hunter2\n`
  assert.match(refusal(credential), '] application_credential_secret must be set')
  assert.match(refusal(secret), '] application_credential_id, or application_credential_name and')
  assert.match(refusal(`${secret}application_credential_name = a\n`), '] application_credential_id')
  assert.is(refusal(`${secret}application_credential_id = 1\n`), '')
  assert.is(refusal(`${secret}application_credential_name = a\nuser_id = 1\n`), '')
})

test('a keystone TLS file that is missing or without its pair is refused', () => {
  const pem = folder.write('some.pem', '')
  const keystone = PASSWORD.replace('http:', 'https:') + PROJECT
  assert.is(refusal(`${keystone}certfile = ${pem}\nkeyfile = ${pem}\ncafile = ${pem}\n`), '')
  assert.is(
    refusal(`${keystone}certfile = ${pem}\n`),
    '[keystone_authtoken] keyfile must be set with certfile',
  )
  assert.match(refusal(`${keystone}keyfile = ${pem}\n`), '] certfile must be set with keyfile')
  assert.is(
    refusal(`${keystone}cafile = /nowhere/ca.pem\n`),
    '[keystone_authtoken] cafile = "/nowhere/ca.pem": cannot read this file',
  )
})

test('missing keystone TLS files are accepted if no URL has https', () => {
  const files = 'certfile = /nowhere/a.pem\nkeyfile = /nowhere/b.pem\ncafile = /nowhere/ca.pem\n'
  assert.is(refusal(PASSWORD + PROJECT + files), '')
  assert.match(
    refusal(`${PASSWORD}${PROJECT}${files}endpoint_override = https://127.0.0.1\n`),
    'cafile = "/nowhere/ca.pem": cannot read this file',
  )
})

test('memcache_security_strategy without a secret is refused', () => {
  const servers = `${PASSWORD}${PROJECT}memcached_servers = cache1:11211, inet:10.0.0.1\n`
  assert.is(refusal(servers), '')
  for (const strategy of ['MAC', 'ENCRYPT']) {
    const secured = `${servers}memcache_security_strategy = ${strategy}\n`
    assert.is(
      refusal(secured),
      '[keystone_authtoken] memcache_secret_key must be set with ' +
        `memcache_security_strategy = ${strategy}`,
    )
    assert.is(refusal(`${secured}memcache_secret_key = s\n`), '')
  }
})

test('a missing folder of public keys is refused', () => {
  const repository = `${PASSWORD}${PROJECT}jws_public_key_repository = `
  assert.is(refusal(`${repository}${folder.path}\n`), '')
  assert.match(refusal(`${repository}/nowhere/keys\n`), 'cannot read this file')
})

test('a replication factor that does not fit its class is refused', () => {
  const topology = `${CASSANDRA}replication_class = NetworkTopologyStrategy\n`
  assert.is(refusal(`${CASSANDRA}replication_factor = 1\n`), '')
  assert.is(refusal(`${topology}replication_factor = dc1:3\n`), '')
  assert.is(
    refusal(`${CASSANDRA}replication_factor = dc1:3\n`),
    '[cassandra] replication_factor must be a number with replication_class = SimpleStrategy',
  )
  assert.is(
    refusal(topology),
    '[cassandra] replication_factor must be a number for each data center, as in dc1:3,dc2:3, ' +
      'with replication_class = NetworkTopologyStrategy',
  )
})

test('a write consistency that strong reads could miss is refused', () => {
  const local = `${CASSANDRA}serial_consistency = local_serial\n`
  assert.is(refusal(local), '')
  assert.is(refusal(`${local}write_consistency = each_quorum\n`), '')
  assert.is(
    refusal(`${local}write_consistency = quorum\n`),
    '[cassandra] write_consistency = quorum: consistent reads could miss writes with ' +
      'serial_consistency = local_serial',
  )
  assert.is(refusal(`${CASSANDRA}write_consistency = quorum\n`), '')
  assert.match(refusal(`${CASSANDRA}write_consistency = local_quorum\n`), 'could miss writes')
})

test('cassandra user without password, or certificate without key, is refused', () => {
  const pem = folder.write('some.pem', '')
  const tls = `${CASSANDRA}tls_enabled = true\n`
  assert.match(refusal(`${CASSANDRA}username = a\n`), '] password must be set with username')
  assert.match(refusal(`${CASSANDRA}password = a\n`), '] username must be set with password')
  assert.is(refusal(`${CASSANDRA}username = a\npassword = b\n`), '')
  assert.match(refusal(`${tls}tls_cert_file = ${pem}\n`), '] tls_key_file must be set')
  assert.match(refusal(`${tls}tls_ca_file = /nowhere\n`), 'cannot read this file')
  assert.is(refusal(`${tls}tls_ca_file = ${pem}\n`), '')
})

test('cassandra TLS files without TLS are refused', () => {
  assert.is(
    refusal(`${CASSANDRA}tls_ca_file = /some/ca.pem\n`),
    '[cassandra] tls_ca_file is set, so tls_enabled must be true',
  )
  assert.match(refusal(`${CASSANDRA}tls_insecure = true\n`), 'tls_insecure is set')
  assert.is(refusal(`${CASSANDRA}tls_insecure = false\n`), '')
})

test('a section that is not in use is not checked', () => {
  assert.is(refusal(`${NOAUTH}[cassandra]\nusername = a\n`), '')
  assert.is(refusal(`${NOAUTH}[keystone_authtoken]\ncafile = /nowhere\n`), '')
})

test.run()
