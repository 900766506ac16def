import type { KeystoneOptions, SharedCacheOptions } from '../../../src/identity/keystone/options.ts'
import { optionsFor } from '../../identity/keystone/fake-keystone.ts'
import type { KeystoneStack } from '../../stack/keystone-stack.ts'
import type { MemcachedServer } from '../memcached-server.ts'

export const CACHE_SECRET = 'a secret'

/** Of an authenticator that logs in to the real Keystone; patient, on a machine at anything. */
export function authenticatorOptions(
  keystone: KeystoneStack,
  changes: Partial<KeystoneOptions> = {},
): KeystoneOptions {
  const { userId, password, projectId } = keystone.data.service
  return optionsFor(keystone.data, {
    interface: 'public',
    auth: { type: 'password', userId, password, projectId },
    requestTimeoutMs: 10_000,
    ...changes,
  })
}

/** Tokens encrypted in these, which are given `operationTimeoutMs` for each operation. */
export function encryptedCache(
  servers: readonly MemcachedServer[],
  operationTimeoutMs: number,
): SharedCacheOptions {
  return {
    servers: servers.map(({ address }) => address),
    securityStrategy: 'ENCRYPT',
    secretKey: CACHE_SECRET,
    pool: { connectionsMax: 10, operationTimeoutMs, unusedTimeoutMs: 60_000, deadRetryMs: 30_000 },
  }
}
