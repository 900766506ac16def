import type { KeystoneData } from '../stack/keystone-stack.ts'

/** `[keystone_authtoken]` of a test's service, with long timeouts for a busy machine. */
export function keystoneSection({ url, service }: Pick<KeystoneData, 'url' | 'service'>) {
  return {
    auth_url: url,
    www_authenticate_uri: url,
    username: service.username,
    password: service.password,
    project_id: service.projectId,
    user_domain_id: 'default',
    http_connect_timeout: 10,
  } as const
}
