import { type HttpClient, HttpError, shownUrl } from '../http-client.ts'
import { arrayOf, type JsonObject, objectOf, parseJsonObject, stringOf, timeOf } from '../json.ts'
import type { KeystoneOptions, ServiceCredentials } from '../options.ts'
import type { CatalogEndpoint, CatalogEntry } from './endpoint.ts'
import { versionedUrl } from './endpoint.ts'

/** What a login answers. */
export interface ServiceLogin {
  readonly token: string
  /** By Keystone's clock alone, so that a difference to ours does not matter. */
  readonly lifetimeMs: number
  readonly catalog: readonly CatalogEntry[]
}

/** Keystone does not accept the service's credentials. */
export class LoginRefusedError extends Error {
  override readonly name = 'LoginRefusedError'
}

/**
 * Logs the service itself in.
 *
 * @throws LoginRefusedError, or HttpError when there is no answer or a useless one
 */
export async function logIn(
  http: HttpClient,
  options: Pick<KeystoneOptions, 'authUrl' | 'auth'>,
  deadlineMs: number,
): Promise<ServiceLogin> {
  const url = `${versionedUrl(options.authUrl)}/auth/tokens`
  const response = await http.request({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ auth: loginRequest(options.auth) }),
    deadlineMs,
  })
  if (response.status !== 201) {
    const isRefusal = response.status >= 400 && response.status < 500
    const reason = `${shownUrl(url)} answered the service's own login with ${response.status}`
    throw isRefusal ? new LoginRefusedError(reason) : new HttpError(reason)
  }
  const token = stringOf(response.headers['x-subject-token'])
  const body = objectOf(parseJsonObject(response.body)?.token)
  const expiresAt = timeOf(body?.expires_at)
  const issuedAt = timeOf(body?.issued_at)
  if (token === undefined || expiresAt === undefined || issuedAt === undefined) {
    throw new HttpError("the service's own login was answered without a token")
  }
  return { token, lifetimeMs: expiresAt - issuedAt, catalog: parseCatalog(body?.catalog) }
}

/** JSON leaves out what is undefined, so only what is configured is sent. */
function loginRequest(auth: ServiceCredentials): JsonObject {
  const user = {
    id: auth.userId,
    name: auth.username,
    domain: domain(auth.userDomainId, auth.userDomainName),
  }
  if (auth.type === 'v3applicationcredential') {
    const isById = auth.applicationCredentialId !== undefined
    const credential = {
      id: auth.applicationCredentialId,
      name: auth.applicationCredentialName,
      secret: auth.applicationCredentialSecret,
      user: isById ? undefined : user,
    }
    const methods = ['application_credential']
    return { identity: { methods, application_credential: credential } }
  }
  const project = {
    id: auth.projectId,
    name: auth.projectName,
    domain: domain(auth.projectDomainId, auth.projectDomainName),
  }
  return {
    identity: { methods: ['password'], password: { user: { ...user, password: auth.password } } },
    scope: { project },
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
