import type { Options } from '../../config/option-groups.ts'

/** `[keystone_authtoken]`, and the options of other sections that the authenticator uses. Times are
 * in seconds. */
export interface KeystoneOptions extends KeystoneGroup {
  readonly auth_url: string
  /** `[DEFAULT]`: processes of this machine that share the limit of calls to Keystone. */
  readonly workers: number
  /** `[oslo_middleware]` */
  readonly trusted_proxies: readonly string[]
}

type KeystoneGroup = Options['keystone_authtoken']
