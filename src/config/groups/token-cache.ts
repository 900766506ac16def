import { memcachedServer } from '../memcached-server.ts'
import { type Option, option } from '../option.ts'
import { alwaysFalse, boolean, choice, float, integer, list, string } from '../value-type.ts'

/** The options of `[keystone_authtoken]` about remembering tokens. */
export const TOKEN_CACHE_OPTIONS = {
  token_cache_time: option(integer({ min: -1, max: 86_400 }), {
    default: 300,
    help:
      'Seconds that a validated token is trusted, in memory and in memcached together, before ' +
      'the Identity API is asked again. Revoked tokens and those of disabled users are found ' +
      'within 12 seconds; what the Identity API does not announce, such as a role that was taken ' +
      'away or a disabled project, has its effect after this time. -1 asks every time.',
  }),
  memcached_servers: option(list(memcachedServer()), {
    deprecatedNames: ['memcache_servers'],
    help:
      'memcached servers that keep validated tokens for all processes, each HOST, HOST:PORT ' +
      '(11211), [IPV6]:PORT or unix:PATH. The entries are those of keystonemiddleware, so ' +
      'services in Python can share them; they then need include_service_catalog = false, as ' +
      'entries of this service hold no catalog. Unset: each process has its own memory only.',
  }),
  memcache_security_strategy: option(choice(['None', 'MAC', 'ENCRYPT'], { ignoresCase: true }), {
    default: 'None',
    help:
      'How entries in memcached are protected. MAC: signed. ENCRYPT: encrypted and signed. With ' +
      'None whoever can write to a server can make up tokens.',
  }),
  memcache_secret_key: option(string(), {
    secret: true,
    help: 'Secret that the keys of MAC and ENCRYPT are made from; the same for all processes.',
  }),
  memcache_tls_enabled: option(boolean(), {
    default: false,
    help: 'Connect to memcached with TLS.',
  }),
  memcache_tls_cafile: option(string(), {
    help: "PEM file of the authorities that sign the servers' certificates. Unset: public ones.",
  }),
  memcache_tls_certfile: option(string(), {
    help: 'PEM file of the certificate that this service shows where the servers ask for one.',
  }),
  memcache_tls_keyfile: option(string(), {
    help: 'PEM file of the private key. Unset: memcache_tls_certfile holds it, too.',
  }),
  memcache_tls_allowed_ciphers: option(string(), {
    help: "Ciphers, as OpenSSL lists them. Unset: Node's.",
  }),
  memcache_sasl_enabled: option(alwaysFalse('memcached has SASL in its binary protocol only'), {
    default: false,
    help:
      'Must be false: memcached has SASL in its binary protocol only, which is out of use. ' +
      'memcache_tls_enabled with certificates on both sides is in its place.',
  }),
  memcache_pool_maxsize: option(integer({ min: 1, max: 1_000 }), {
    default: 10,
    help: 'Connections of one process to one memcached server.',
  }),
  memcache_pool_socket_timeout: option(float({ min: 0.01, max: 10 }), {
    default: 0.25,
    help:
      'Seconds that memcached may take for an answer; a server that takes longer is not used for ' +
      'a while. keystonemiddleware has 3.',
  }),
  memcache_pool_unused_timeout: option(float({ min: 1, max: 86_400 }), {
    default: 60,
    help: 'Seconds after which an unused connection to memcached is closed.',
  }),
  memcache_pool_dead_retry: option(float({ min: 0.1, max: 86_400 }), {
    default: 30,
    help:
      'Seconds that a memcached server which did not answer is left alone. keystonemiddleware ' +
      'has 300.',
  }),
} satisfies Record<string, Option<unknown>>

/** The options of `[keystone_authtoken]` about requests that other services pass on. */
export const SERVICE_TOKEN_OPTIONS = {
  service_token_roles: option(list(string(/^[^,\s]+$/, 'a role')), {
    default: ['service'],
    help:
      "Roles of which a service's token, X-Service-Token, must have one. Such a service may pass " +
      "on a user's token that has expired since, and one whose access rules are for another " +
      'service.',
  }),
  service_token_roles_required: option(boolean(), {
    default: true,
    help:
      "Refuse requests with a service's token that has none of the roles. When false, such a " +
      'token is accepted and allows nothing.',
  }),
} satisfies Record<string, Option<unknown>>
