import * as assert from 'uvu/assert'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { test } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

/** Options that OpenStack's tools write into the files of every service. */

const folder = new TemporaryFolder()
test.after(() => folder.remove())

const load = (text: string) => loadConfig([folder.write('magnetodb.conf', text)])

function refusal(text: string): string {
  try {
    load(text)
  } catch (error) {
    assert.instance(error, ConfigError)
    return (error as ConfigError).message.replaceAll(`${folder.path}/`, '')
  }
  throw new Error(`accepted: ${text}`)
}

/** As devstack's configure_keystone_authtoken_middleware writes it. If Keystone has no TLS, the
 * file does not exist. */
const DEVSTACK = `[keystone_authtoken]
memcached_servers = localhost:11211
cafile = /opt/stack/data/ca-bundle.pem
www_authenticate_uri = http://127.0.0.1/identity
project_domain_name = Default
project_name = service
user_domain_name = Default
password = hunter2
username = magnetodb
auth_url = http://127.0.0.1/identity
interface = public
auth_type = password
`

const ESC = '\x1b'
const OUTCOME = `${ESC}[01;35m%(instance)s%(color)s%(message)s${ESC}[00m`

/** As devstack's setup_logging and setup_standard_logging_identity write it with LOG_COLOR=True. */
const DEVSTACK_LOGGING = [
  '[DEFAULT]',
  'use_journal = True',
  'logging_user_identity_format = %(project_name)s %(user_name)s',
  'log_color = True',
  `logging_exception_prefix = ERROR %(name)s ${ESC}[01;35m%(instance)s${ESC}[00m`,
  `logging_default_format_string = %(color)s%(levelname)s [${ESC}[00;36m-%(color)s] ${OUTCOME}`,
  `logging_context_format_string = %(color)s[${ESC}[01;36m%(request_id)s%(color)s] ${OUTCOME}`,
  `logging_debug_format_suffix = ${ESC}[00;33m{{%(funcName)s %(pathname)s:%(lineno)d}}${ESC}[00m`,
  '',
].join('\n')

test("devstack's keystone_authtoken section is accepted without a warning", () => {
  const { keystone_authtoken: group, warnings } = load(DEVSTACK)
  assert.equal(group.memcached_servers, ['localhost:11211'])
  assert.is(group.auth_url, 'http://127.0.0.1/identity')
  assert.equal(warnings, [])
  const emptied = DEVSTACK.replace(/cafile = .*/, 'cafile =').replace(/(_servers =).*/, '$1')
  assert.is(load(emptied).keystone_authtoken.cafile, undefined)
})

test("devstack's log options are accepted with one warning", () => {
  const { DEFAULT, warnings } = load(DEVSTACK + DEVSTACK_LOGGING)
  assert.is(DEFAULT.use_journal, true)
  assert.equal(warnings, [
    'options without effect: [DEFAULT] logging_user_identity_format, [DEFAULT] log_color, ' +
      '[DEFAULT] logging_exception_prefix, [DEFAULT] logging_default_format_string, ' +
      '[DEFAULT] logging_context_format_string, [DEFAULT] logging_debug_format_suffix',
  ])
})

/** Options that oslo.log, oslo.messaging and other libraries read from a service's file. */
const OTHER_LIBRARIES = `[DEFAULT]
use_syslog = False
transport_url = rabbit://stackrabbit:hunter5@127.0.0.1:5672/
[cors]
allowed_origin = http://127.0.0.1
[healthcheck]
path = /healthcheck
[oslo_concurrency]
lock_path = /opt/stack/data/magnetodb
[oslo_messaging_notifications]
driver = messagingv2
[database]
connection = mysql+pymysql://root:hunter6@127.0.0.1/magnetodb
[oslo_limit]
password = hunter7
`

test('options and sections of other libraries cause one warning', () => {
  const { warnings } = load(DEVSTACK + OTHER_LIBRARIES)
  assert.equal(warnings, [
    'options without effect: [DEFAULT] use_syslog, [DEFAULT] transport_url, [cors], ' +
      '[healthcheck], [oslo_concurrency], [oslo_messaging_notifications], [database], [oslo_limit]',
  ])
  const many = Array.from({ length: 60 }, (_, index) => `[section${index}]\n`).join('')
  assert.match(load(DEVSTACK + many).warnings.join(), /\[section49\], and 10 more$/)
})

test('a section or option with a similar name is refused', () => {
  assert.match(refusal(`${DEVSTACK}[oslo_polcy]\n`), '(did you mean "oslo_policy"?)')
  assert.match(refusal(`${DEVSTACK}[DEFAULT]\nlog_fiel = x\n`), '(did you mean "log_file"?)')
  assert.match(refusal(`${DEVSTACK}[DEFAULT]\nstate_path = x\n`), 'unknown option "state_path"')
})

test('an option without effect causes a warning without its value', () => {
  const { keystone_authtoken: group, warnings } =
    load(`${DEVSTACK}auth_uri = http://127.0.0.1/identity
auth_version = v3
cache = swift.cache
delay_auth_decision = False
enforce_token_bind = disabled
include_service_catalog = True
memcache_password = hunter3
memcache_pool_conn_get_timeout = 10
memcache_secret_key = hunter4
memcache_security_strategy = encrypt
memcache_sasl_enabled = False
memcache_use_advanced_pool = True
memcache_username = ann

[oslo_policy]
enforce_new_defaults = True
enforce_scope = True
policy_file = policy.yaml
remote_ssl_verify_server_crt = False
`)
  assert.is(group.www_authenticate_uri, 'http://127.0.0.1/identity')
  assert.is(group.memcache_security_strategy, 'ENCRYPT')
  const [line = '', ...others] = warnings
  assert.equal(others, [])
  assert.equal(line.replace('options without effect: ', '').split(', '), [
    '[keystone_authtoken] auth_version',
    '[keystone_authtoken] cache',
    '[keystone_authtoken] include_service_catalog',
    '[keystone_authtoken] memcache_password',
    '[keystone_authtoken] memcache_pool_conn_get_timeout',
    '[keystone_authtoken] memcache_use_advanced_pool',
    '[keystone_authtoken] memcache_username',
    '[oslo_policy] enforce_new_defaults',
    '[oslo_policy] enforce_scope',
    '[oslo_policy] remote_ssl_verify_server_crt',
  ])
  assert.not.match(line, 'hunter')
})

test('an option that is unsafe to ignore ends the start with the reason', () => {
  const section = 'magnetodb.conf:13: [keystone_authtoken]'
  assert.is(
    refusal(`${DEVSTACK}delay_auth_decision = True\n`),
    `${section} delay_auth_decision = "True": must be false: ` +
      'every request needs a valid token',
  )
  assert.is(
    refusal(`${DEVSTACK}enforce_token_bind = required\n`),
    `${section} enforce_token_bind = "required": must be one of permissive, disabled`,
  )
  assert.is(
    refusal(`${DEVSTACK}memcache_sasl_enabled = true\n`),
    `${section} memcache_sasl_enabled = "true": must be false: ` +
      'memcached has SASL in its binary protocol only',
  )
})

test('memcached TLS files need memcache_tls_enabled, and must exist', () => {
  const file = folder.write('memcached.pem', '')
  const enabled = `${DEVSTACK}memcache_tls_enabled = true\n`
  assert.is(load(enabled).keystone_authtoken.memcache_tls_enabled, true)
  assert.is(
    refusal(`${DEVSTACK}memcache_tls_cafile = ${file}\n`),
    '[keystone_authtoken] memcache_tls_cafile is set, so memcache_tls_enabled must be true',
  )
  assert.is(
    refusal(`${enabled}memcache_tls_keyfile = ${file}\n`),
    '[keystone_authtoken] memcache_tls_certfile must be set with memcache_tls_keyfile',
  )
  assert.match(refusal(`${enabled}memcache_tls_cafile = /nowhere\n`), 'cannot read this file')
})

test('forwarded addresses are used only with trusted_proxies', () => {
  const enabled = `${DEVSTACK}[oslo_middleware]\nenable_proxy_headers_parsing = True\n`
  const together = '[oslo_middleware] enable_proxy_headers_parsing = true and trusted_proxies need'
  assert.match(refusal(enabled), together)
  assert.match(refusal(enabled.replace('True', 'False\ntrusted_proxies = ::1')), together)
  const networks = '10.0.0.1, 10.1.0.0/16,fd00::/8, ::1'
  assert.equal(load(`${enabled}trusted_proxies = ${networks}\n`).oslo_middleware.trusted_proxies, [
    '10.0.0.1/32',
    '10.1.0.0/16',
    'fd00::/8',
    '::1/128',
  ])
  for (const text of ['10.0.0.0/33', '::/129', '10.0.0', 'proxy', '10.0.0.1/', '10.0.0.1/-1']) {
    assert.match(refusal(`${enabled}trusted_proxies = ${text}\n`), 'such as 10.0.0.0/8', text)
  }
})

test('memcached servers are accepted in every form that Python accepts', () => {
  const servers = (text: string) =>
    load(`${DEVSTACK}memcached_servers = ${text}\n`).keystone_authtoken.memcached_servers
  assert.equal(servers('cache1, inet:cache2:11222, 10.0.0.1:1'), [
    'cache1:11211',
    'cache2:11222',
    '10.0.0.1:1',
  ])
  assert.equal(servers('[::1], inet6:[fd00::2]:11222'), ['[::1]:11211', '[fd00::2]:11222'])
  assert.equal(servers('/run/m.sock, unix:/run/n.sock'), ['unix:/run/m.sock', 'unix:/run/n.sock'])
  for (const text of ['::1', '[::1', '[::g]', 'a:0', 'a:65536', 'a:b', 'unix:m', '10.0.0', 'a b']) {
    assert.match(refusal(`${DEVSTACK}memcached_servers = ${text}\n`), 'each HOST, HOST:PORT', text)
  }
})

test.run()
