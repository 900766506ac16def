import type { Config } from '../config/load.ts'
import type { KeystoneOptions } from '../identity/keystone/options.ts'

/** The configuration has been checked, so `auth_url` is set. */
export function keystoneOptions(config: Config): KeystoneOptions {
  const { DEFAULT, keystone_authtoken: group, oslo_middleware } = config
  const { trusted_proxies = [] } = oslo_middleware
  return { ...group, auth_url: group.auth_url ?? '', workers: DEFAULT.workers, trusted_proxies }
}
