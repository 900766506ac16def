import { accessSync, constants } from 'node:fs'
import { isIPv4 } from 'node:net'
import { ConfigError, quoted } from './config-error.ts'
import type { Options } from './option-groups.ts'

/** Checks the options against each other, for the chosen strategy and driver only. @throws
 * ConfigError for the first conflict */
export function checkOptions(options: Options): void {
  const { auth_strategy, bind_host, storage_driver, workers = 1 } = options.DEFAULT
  if (auth_strategy === 'keystone') checkKeystone(options.keystone_authtoken)
  if (auth_strategy === 'noauth' && !isLoopback(bind_host)) {
    throw new ConfigError(
      `[DEFAULT] bind_host = ${quoted(bind_host)}: must be a loopback address, such as ` +
        '127.0.0.1, with auth_strategy = noauth',
    )
  }
  if (storage_driver === 'memory' && workers > 1) {
    throw new ConfigError(
      `[DEFAULT] workers = ${workers}: must be 1 with storage_driver = memory, ` +
        'whose tables live inside one process',
    )
  }
  if (storage_driver === 'cassandra') checkCassandra(options.cassandra)
  checkProxies(options.oslo_middleware)
}

function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.')
  return host === '::1' || host.toLowerCase() === 'localhost'
}

type Group = { readonly [name: string]: unknown }
type Names<G extends Group> = readonly (keyof G & string)[]

/** Requires that all options of one of the alternatives are set. */
function demand<G extends Group>(
  section: string,
  group: G,
  why: string,
  alternatives: readonly Names<G>[],
): void {
  if (alternatives.some((names) => names.every((name) => group[name] !== undefined))) return
  const wanted = alternatives.map((names) => names.join(' and ')).join(', or ')
  throw new ConfigError(`[${section}] ${wanted} must be set with ${why}`)
}

/** Requires both options or neither. */
function demandPair<G extends Group>(section: string, group: G, [first, second]: Pair<G>): void {
  if (group[first] !== undefined) demand(section, group, first, [[second]])
  if (group[second] !== undefined) demand(section, group, second, [[first]])
}
type Pair<G extends Group> = readonly [keyof G & string, keyof G & string]

function demandReadable<G extends Group>(section: string, group: G, names: Names<G>): void {
  for (const name of names) {
    const path = group[name]
    if (typeof path !== 'string') continue
    try {
      accessSync(path, constants.R_OK)
    } catch {
      throw new ConfigError(`[${section}] ${name} = ${quoted(path)}: cannot read this file`)
    }
  }
}

function checkKeystone(group: Options['keystone_authtoken']): void {
  const section = 'keystone_authtoken'
  demand(section, group, '[DEFAULT] auth_strategy = keystone', [['auth_url']])
  const why = `auth_type = ${group.auth_type}`
  if (group.auth_type === 'v3applicationcredential') {
    demand(section, group, why, [['application_credential_secret']])
    demand(section, group, why, [
      ['application_credential_id'],
      ['application_credential_name', 'user_id'],
      ['application_credential_name', 'username', 'user_domain_name'],
      ['application_credential_name', 'username', 'user_domain_id'],
    ])
  } else {
    demand(section, group, why, [
      ['user_id'],
      ['username', 'user_domain_name'],
      ['username', 'user_domain_id'],
    ])
    demand(section, group, why, [['password']])
    demand(section, group, why, [
      ['project_id'],
      ['project_name', 'project_domain_name'],
      ['project_name', 'project_domain_id'],
    ])
  }
  demandPair(section, group, ['certfile', 'keyfile'])
  demandReadable(section, group, ['jws_public_key_repository'])
  // devstack sets a cafile, but creates the file only if Keystone has TLS.
  const isTls = [group.auth_url, group.endpoint_override].some((url) => url?.startsWith('https:'))
  if (isTls) demandReadable(section, group, ['cafile', 'certfile', 'keyfile'])
  checkMemcachedTls(section, group)
  const strategy = group.memcache_security_strategy
  if (strategy === 'None') return
  demand(section, group, `memcache_security_strategy = ${strategy}`, [['memcache_secret_key']])
}

const MEMCACHED_TLS_FILES = [
  'memcache_tls_cafile',
  'memcache_tls_certfile',
  'memcache_tls_keyfile',
] as const

function checkMemcachedTls(section: string, group: Options['keystone_authtoken']): void {
  if (!group.memcache_tls_enabled) {
    const unused = MEMCACHED_TLS_FILES.find((name) => group[name] !== undefined)
    if (unused === undefined) return
    throw new ConfigError(`[${section}] ${unused} is set, so memcache_tls_enabled must be true`)
  }
  if (group.memcache_tls_keyfile !== undefined) {
    demand(section, group, 'memcache_tls_keyfile', [['memcache_tls_certfile']])
  }
  demandReadable(section, group, MEMCACHED_TLS_FILES)
}

/** Either option without the other would not do what it seems to. */
function checkProxies(group: Options['oslo_middleware']): void {
  const { enable_proxy_headers_parsing: isEnabled, trusted_proxies } = group
  if (isEnabled === (trusted_proxies !== undefined)) return
  throw new ConfigError(
    '[oslo_middleware] enable_proxy_headers_parsing = true and trusted_proxies need each other: ' +
      'otherwise any client could claim any address',
  )
}

const TLS_FILES = ['tls_ca_file', 'tls_cert_file', 'tls_key_file'] as const

function checkCassandra(group: Options['cassandra']): void {
  const section = 'cassandra'
  const { replication_class, replication_factor, tls_enabled } = group
  const perDataCenter = replication_class === 'NetworkTopologyStrategy'
  if (perDataCenter !== (typeof replication_factor !== 'number')) {
    const form = perDataCenter ? 'a number for each data center, as in dc1:3,dc2:3,' : 'a number'
    throw new ConfigError(
      `[${section}] replication_factor must be ${form} with replication_class = ` +
        replication_class,
    )
  }
  checkConsistency(section, group)
  demandPair(section, group, ['username', 'password'])
  if (!tls_enabled) {
    const unused = [...TLS_FILES, 'tls_insecure' as const].find((name) => group[name])
    if (unused === undefined) return
    throw new ConfigError(`[${section}] ${unused} is set, so tls_enabled must be true`)
  }
  demandPair(section, group, ['tls_cert_file', 'tls_key_file'])
  demandReadable(section, group, TLS_FILES)
}

/** A quorum of all data centers may contain few replicas of the local one. A quorum of the local
 * one then misses the write. The reverse is true as well. */
function checkConsistency(section: string, group: Options['cassandra']): void {
  const { serial_consistency, write_consistency } = group
  const refused = serial_consistency === 'local_serial' ? 'quorum' : 'local_quorum'
  if (write_consistency !== refused) return
  throw new ConfigError(
    `[${section}] write_consistency = ${refused}: consistent reads could miss writes with ` +
      `serial_consistency = ${serial_consistency}`,
  )
}
