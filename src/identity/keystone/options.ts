import type { Options } from '../../config/option-groups.ts'

/** `[keystone_authtoken]`, and what the authenticator uses of other sections. Times are in
 * seconds. */
export interface KeystoneOptions extends KeystoneGroup {
  readonly auth_url: string
  /** `[DEFAULT]`: processes of this machine that share the limit of calls to Keystone. */
  readonly workers: number
  /** `[oslo_middleware]` */
  readonly trusted_proxies: readonly string[]
}

type KeystoneGroup = Options['keystone_authtoken']
