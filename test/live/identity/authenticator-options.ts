import type { KeystoneOptions } from '../../../src/identity/keystone/options.ts'
import { optionsFor } from '../../identity/keystone/fake-keystone.ts'
import type { Credentials } from '../../stack/keystone-client.ts'
import type { KeystoneStack } from '../../stack/keystone-stack.ts'
import type { MemcachedServer } from '../memcached-server.ts'

export const CACHE_SECRET = 'a secret'

/** Options of an authenticator for the real Keystone, with long timeouts for a busy machine. */
export function authenticatorOptions(
  keystone: KeystoneStack,
  changes: Partial<KeystoneOptions> = {},
): KeystoneOptions {
  return optionsFor(keystone.data, {
    interface: 'public',
    ...byPassword(keystone.data.service),
    http_connect_timeout: 10,
    ...changes,
  })
}

/** The service's credentials: a user and a project, both by id. */
export function byPassword({ userId, password, projectId }: Credentials): Partial<KeystoneOptions> {
  return {
    ...{ auth_type: 'password', password },
    ...{ user_id: userId, username: undefined, user_domain_id: undefined },
    ...{ project_id: projectId, project_name: undefined, project_domain_name: undefined },
  }
}

/** Options of an encrypted token cache in these servers. */
export function encryptedCache(
  servers: readonly MemcachedServer[],
  operationTimeoutMs: number,
): Partial<KeystoneOptions> {
  return {
    memcached_servers: servers.map(({ address }) => address),
    memcache_security_strategy: 'ENCRYPT',
    memcache_secret_key: CACHE_SECRET,
    memcache_pool_socket_timeout: operationTimeoutMs / 1_000,
  }
}
