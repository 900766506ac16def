import type { Config } from '../config/load.ts'
import type {
  KeystoneOptions,
  ServiceCredentials,
  SharedCacheOptions,
  TlsOptions,
} from '../identity/keystone/options.ts'

/** The service type that clients find the data API by in the catalog. */
const DATA_SERVICE_TYPE = 'kv-storage'

/** `[keystone_authtoken]` as the authenticator takes it. The configuration has been checked. */
export function keystoneOptions(config: Config): KeystoneOptions {
  const { DEFAULT, keystone_authtoken: group, oslo_middleware } = config
  return {
    trustedProxies: oslo_middleware.trusted_proxies,
    processes: DEFAULT.workers,
    authUrl: group.auth_url ?? '',
    auth: serviceCredentials(group),
    wwwAuthenticateUri: group.www_authenticate_uri,
    endpointOverride: group.endpoint_override,
    interface: group.interface,
    regionName: group.region_name,
    requestTimeoutMs: group.http_connect_timeout * 1_000,
    requestRetriesMax: group.http_request_max_retries,
    tls: {
      cafile: group.cafile,
      certfile: group.certfile,
      keyfile: group.keyfile,
      insecure: group.insecure,
    },
    tokenCacheTimeSeconds: group.token_cache_time,
    serviceType: group.service_type ?? DATA_SERVICE_TYPE,
    serviceTokenRoles: group.service_token_roles,
    serviceTokenRolesRequired: group.service_token_roles_required,
    sharedCache: sharedCache(group),
    jwsKeyFolder: group.jws_public_key_repository,
  }
}

function sharedCache(group: Config['keystone_authtoken']): SharedCacheOptions | undefined {
  if (group.memcached_servers === undefined) return undefined
  return {
    servers: group.memcached_servers,
    securityStrategy: group.memcache_security_strategy,
    secretKey: group.memcache_secret_key,
    tls: group.memcache_tls_enabled ? memcachedTls(group) : undefined,
    pool: {
      connectionsMax: group.memcache_pool_maxsize,
      operationTimeoutMs: group.memcache_pool_socket_timeout * 1_000,
      unusedTimeoutMs: group.memcache_pool_unused_timeout * 1_000,
      deadRetryMs: group.memcache_pool_dead_retry * 1_000,
    },
  }
}

/** The certificate's file may hold its key, too. */
function memcachedTls(group: Config['keystone_authtoken']): TlsOptions {
  return {
    cafile: group.memcache_tls_cafile,
    certfile: group.memcache_tls_certfile,
    keyfile: group.memcache_tls_keyfile ?? group.memcache_tls_certfile,
    ciphers: group.memcache_tls_allowed_ciphers,
  }
}

function serviceCredentials(group: Config['keystone_authtoken']): ServiceCredentials {
  const user = {
    userId: group.user_id,
    username: group.username,
    userDomainId: group.user_domain_id,
    userDomainName: group.user_domain_name,
  }
  if (group.auth_type === 'v3applicationcredential') {
    return {
      ...user,
      type: 'v3applicationcredential',
      applicationCredentialId: group.application_credential_id,
      applicationCredentialName: group.application_credential_name,
      applicationCredentialSecret: group.application_credential_secret ?? '',
    }
  }
  return {
    ...user,
    type: 'password',
    password: group.password ?? '',
    projectId: group.project_id,
    projectName: group.project_name,
    projectDomainId: group.project_domain_id,
    projectDomainName: group.project_domain_name,
  }
}
