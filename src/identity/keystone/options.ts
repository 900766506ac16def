import type { NodeOptions } from '../../cache/memcached/node.ts'
import type { SecurityStrategy } from './tokens/entry-format.ts'

/** `[keystone_authtoken]` with keystonemiddleware's meanings; durations carry their unit. */
export interface KeystoneOptions {
  /** Where the service's own token comes from, with or without `/v3`. */
  readonly authUrl: string
  readonly auth: ServiceCredentials
  /** Told to clients with every 401. Default: `authUrl`. */
  readonly wwwAuthenticateUri?: string | undefined
  /** Where tokens are validated, whatever the catalog says. */
  readonly endpointOverride?: string | undefined
  /** Which of the catalog's identity endpoints validates tokens. */
  readonly interface: 'public' | 'internal' | 'admin'
  readonly regionName?: string | undefined
  /** `http_connect_timeout`: the time that one validation may take, with its retries. */
  readonly requestTimeoutMs: number
  /** `address/bits` of the proxies whose `X-Forwarded-For` is believed. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined
  /** How many processes of this machine share what Keystone is asked at once. Default: 1. */
  readonly processes?: number | undefined
  /** `http_request_max_retries`: how often a failed connection is tried again. */
  readonly requestRetriesMax: number
  readonly tls?: TlsOptions | undefined
  /** `token_cache_time`: how long a revoked token may go on being accepted; -1 turns the caching
   * of valid tokens off. */
  readonly tokenCacheTimeSeconds: number
  /** Which service an application credential's access rules must name for the data API. */
  readonly serviceType: string
  /** Roles of which a service's token must have one. */
  readonly serviceTokenRoles: readonly string[]
  /** Whether a request with a service's token of other roles is refused. */
  readonly serviceTokenRolesRequired: boolean
  readonly sharedCache?: SharedCacheOptions | undefined
  /** Folder of the public keys that JWS tokens are checked with before Keystone is asked. */
  readonly jwsKeyFolder?: string | undefined
}

/** memcached servers that several processes keep tokens in. */
export interface SharedCacheOptions {
  /** `host:port`, `[IPv6]:port` or `unix:path` each. */
  readonly servers: readonly string[]
  readonly securityStrategy: SecurityStrategy
  /** Set with every strategy but None. */
  readonly secretKey?: string | undefined
  /** Undefined: in plain. */
  readonly tls?: TlsOptions | undefined
  readonly pool: NodeOptions
}

/** Paths of PEM files, read once when the service starts. */
export interface TlsOptions {
  readonly cafile?: string | undefined
  readonly certfile?: string | undefined
  readonly keyfile?: string | undefined
  /** In OpenSSL's form. Default: Node's. */
  readonly ciphers?: string | undefined
  /** Accept any server certificate. */
  readonly insecure?: boolean | undefined
}

export type ServiceCredentials = PasswordCredentials | ApplicationCredential

/** A user by id, or by name and domain. */
interface UserReference {
  readonly userId?: string | undefined
  readonly username?: string | undefined
  readonly userDomainId?: string | undefined
  readonly userDomainName?: string | undefined
}

export interface PasswordCredentials extends UserReference {
  readonly type: 'password'
  readonly password: string
  readonly projectId?: string | undefined
  readonly projectName?: string | undefined
  readonly projectDomainId?: string | undefined
  readonly projectDomainName?: string | undefined
}

/** By id, or by name and user. */
export interface ApplicationCredential extends UserReference {
  readonly type: 'v3applicationcredential'
  readonly applicationCredentialId?: string | undefined
  readonly applicationCredentialName?: string | undefined
  readonly applicationCredentialSecret: string
}
