import { type HttpClient, HttpError, shownUrl } from '../http-client.ts'
import { arrayOf, type JsonObject, objectOf, parseJsonObject, stringOf, timeOf } from '../json.ts'
import type { KeystoneOptions } from '../options.ts'
import { type CatalogEndpoint, type CatalogEntry, versionedUrl } from './endpoint.ts'

type Credentials = Omit<KeystoneOptions, 'workers' | 'trusted_proxies'>

/** Scope of a login: the project of the options, or the system. */
export type LoginScope = 'project' | 'system'

export interface ServiceLogin {
  readonly token: string
  /** Both ends are read from Keystone's clock, since this machine's may differ. */
  readonly lifetimeMs: number
  readonly catalog: readonly CatalogEntry[]
}

/** Keystone answered the service's login with a 4xx. */
export class LoginRefusedError extends Error {
  override readonly name = 'LoginRefusedError'
  /** Whether the credentials may be right, and Keystone only has too much to do. */
  readonly isForNow: boolean

  constructor(message: string, status: number) {
    super(message)
    this.isForNow = FOR_NOW.includes(status)
  }
}

/** Request Timeout and Too Many Requests. */
const FOR_NOW: readonly number[] = [408, 429]

/**
 * Gets a token for the service.
 *
 * @param scope ignored for application credentials, which have their own
 * @throws LoginRefusedError, or HttpError for no usable answer
 */
export async function logIn(
  http: HttpClient,
  options: Credentials,
  deadlineMs: number,
  scope: LoginScope = 'project',
): Promise<ServiceLogin> {
  const url = `${versionedUrl(options.auth_url)}/auth/tokens`
  const response = await http.request({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ auth: loginRequest(options, scope) }),
    deadlineMs,
  })
  if (response.status !== 201) {
    const isRefusal = response.status >= 400 && response.status < 500
    const reason = `${shownUrl(url)} answered the service's login with ${response.status}`
    throw isRefusal ? new LoginRefusedError(reason, response.status) : new HttpError(reason)
  }
  const token = stringOf(response.headers['x-subject-token'])
  const body = objectOf(parseJsonObject(response.body)?.token)
  const expiresAt = timeOf(body?.expires_at)
  const issuedAt = timeOf(body?.issued_at)
  if (token === undefined || expiresAt === undefined || issuedAt === undefined) {
    throw new HttpError("Keystone answered the service's login without a token")
  }
  return { token, lifetimeMs: expiresAt - issuedAt, catalog: parseCatalog(body?.catalog) }
}

/** JSON omits what is undefined, so only what is configured is sent. */
function loginRequest(options: Credentials, scope: LoginScope): JsonObject {
  const user = {
    id: options.user_id,
    name: options.username,
    domain: domain(options.user_domain_id, options.user_domain_name),
  }
  if (options.auth_type === 'v3applicationcredential') {
    const id = options.application_credential_id
    const credential = {
      id,
      name: options.application_credential_name,
      secret: options.application_credential_secret,
      user: id === undefined ? user : undefined,
    }
    const methods = ['application_credential']
    return { identity: { methods, application_credential: credential } }
  }
  const { password } = options
  const project = {
    id: options.project_id,
    name: options.project_name,
    domain: domain(options.project_domain_id, options.project_domain_name),
  }
  return {
    identity: { methods: ['password'], password: { user: { ...user, password } } },
    scope: scope === 'system' ? { system: { all: true } } : { project },
  }
}

function domain(id: string | undefined, name: string | undefined): JsonObject | undefined {
  return id === undefined && name === undefined ? undefined : { id, name }
}

function parseCatalog(value: unknown): readonly CatalogEntry[] {
  return (arrayOf(value) ?? []).map((entry) => ({
    type: stringOf(objectOf(entry)?.type) ?? '',
    endpoints: (arrayOf(objectOf(entry)?.endpoints) ?? []).flatMap(parseEndpoint),
  }))
}

function parseEndpoint(value: unknown): readonly CatalogEndpoint[] {
  const endpoint = objectOf(value)
  const url = stringOf(endpoint?.url)
  if (url === undefined || !/^https?:\/\//.test(url)) return []
  const region = stringOf(endpoint?.region_id)
  return [{ interface: stringOf(endpoint?.interface) ?? '', region, url }]
}
