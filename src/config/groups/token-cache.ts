import { memcachedServer } from '../memcached-server.ts'
import { type Option, option } from '../option.ts'
import { alwaysFalse, boolean, choice, float, integer, list, string } from '../value-type.ts'

/** Options of `[keystone_authtoken]` about caching tokens. */
export const TOKEN_CACHE_OPTIONS = {
  token_cache_time: option(integer({ min: -1, max: 86_400 }), {
    default: 300,
    help:
      'Seconds for which a validated token is cached, in memory and memcached together. Revoked ' +
      'tokens and those of disabled users are refused within 12 seconds. Changes that the ' +
      'Identity API does not announce, such as a removed role or a disabled project, take effect ' +
      'after this time. -1 disables caching.',
  }),
  ec2_secret_cache_seconds: option(integer({ min: 0, max: 3_600 }), {
    default: 60,
    help:
      'Seconds for which requests signed with a known EC2 credential are verified without a call ' +
      'to the Identity API. A deleted or changed credential, a disabled project and a removed ' +
      "role take effect within this time. The service's user must be allowed to read the secrets " +
      'of EC2 credentials; otherwise, and with 0, each signed request is a call. While the ' +
      'Identity API does not answer, known credentials are good for token_cache_time. Not an ' +
      'option of keystonemiddleware.',
  }),
  memcached_servers: option(list(memcachedServer()), {
    deprecatedNames: ['memcache_servers'],
    help:
      'memcached servers in which all processes share validated tokens. Each is HOST, HOST:PORT ' +
      '(11211), [IPV6]:PORT or unix:PATH. Entries have the format of keystonemiddleware but no ' +
      'catalog, so Python services can share them if they set include_service_catalog = false. ' +
      'Unset: each process has only its own cache.',
  }),
  memcache_security_strategy: option(choice(['None', 'MAC', 'ENCRYPT'], { ignoresCase: true }), {
    default: 'None',
    help:
      'Protection of entries in memcached. MAC: signed. ENCRYPT: encrypted and signed. With ' +
      'None, everybody who can write to a server can forge tokens.',
  }),
  memcache_secret_key: option(string(), {
    secret: true,
    help:
      'Secret from which the keys of MAC and ENCRYPT are derived. It must be the same on all ' +
      'machines.',
  }),
  memcache_tls_enabled: option(boolean(), {
    default: false,
    help: 'Connect to memcached with TLS.',
  }),
  memcache_tls_cafile: option(string(), {
    help: "PEM file of the authorities for the servers' certificates. Unset: public authorities.",
  }),
  memcache_tls_certfile: option(string(), {
    help: "PEM file of this service's client certificate, if the servers require one.",
  }),
  memcache_tls_keyfile: option(string(), {
    help: 'PEM file of the private key. Unset: it is in memcache_tls_certfile.',
  }),
  memcache_tls_allowed_ciphers: option(string(), {
    help: "Ciphers in OpenSSL's notation. Unset: Node's default.",
  }),
  memcache_sasl_enabled: option(alwaysFalse('memcached has SASL in its binary protocol only'), {
    default: false,
    help:
      'Must be false: memcached has SASL only in its obsolete binary protocol. Use ' +
      'memcache_tls_enabled with client certificates instead.',
  }),
  memcache_pool_maxsize: option(integer({ min: 1, max: 1_000 }), {
    default: 10,
    help: 'Connections of one process to one memcached server.',
  }),
  memcache_pool_socket_timeout: option(float({ min: 0.01, max: 10 }), {
    default: 0.25,
    help:
      'Seconds that memcached may take to answer. A slower server is not used for a while. The ' +
      'default of keystonemiddleware is 3.',
  }),
  memcache_pool_unused_timeout: option(float({ min: 1, max: 86_400 }), {
    default: 60,
    help: 'Seconds after which an unused connection to memcached is closed.',
  }),
  memcache_pool_dead_retry: option(float({ min: 0.1, max: 86_400 }), {
    default: 30,
    help:
      'Seconds for which a memcached server that did not answer is not used. The default of ' +
      'keystonemiddleware is 300.',
  }),
} satisfies Record<string, Option<unknown>>

/** Options of `[keystone_authtoken]` about requests that other services pass on. */
export const SERVICE_TOKEN_OPTIONS = {
  service_token_roles: option(list(string(/^[^,\s]+$/, 'a role')), {
    default: ['service'],
    help:
      'Roles of services. A service that sends its own token as X-Service-Token must have one of ' +
      "them. The user's token that it passes on may then be expired, or have access rules for " +
      'another service.',
  }),
  service_token_roles_required: option(boolean(), {
    default: true,
    help:
      "Refuse requests with a service's token that has none of the roles. If false, such a token " +
      'is accepted without any effect.',
  }),
} satisfies Record<string, Option<unknown>>
