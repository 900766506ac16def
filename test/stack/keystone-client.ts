/** The parts of Keystone's v3 API that tests need to act as a cloud's users and operators. */

import { Agent, type IncomingHttpHeaders } from 'node:http'
import { exchange } from '../support/exchange.ts'

const RETRIES_MAX = 3
/** gunicorn closes connections after two idle seconds. */
const agent = new Agent({ keepAlive: true })

export type Credentials = {
  readonly userId: string
  readonly username: string
  readonly password: string
  readonly projectId: string
}

/** The scope of a token. */
export type Scope =
  | { readonly kind: 'project'; readonly projectId: string }
  | { readonly kind: 'domain'; readonly domainId: string }
  | { readonly kind: 'system' }
  | { readonly kind: 'trust'; readonly trustId: string }
  | { readonly kind: 'unscoped' }

export type IssuedToken = {
  readonly id: string
  readonly expiresAt: string
  /** The `token` object of Keystone's answer. */
  readonly body: Record<string, unknown>
}

export type AccessRule = {
  readonly service: string
  readonly method: string
  readonly path: string
}

export type CredentialOptions = {
  readonly expires_at?: string
  readonly access_rules?: readonly AccessRule[]
}

export type ApplicationCredential = { readonly id: string; readonly secret: string }

/** An access key and its secret. */
export type Ec2Credential = { readonly access: string; readonly secret: string }

export type KeystoneRequest = {
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type KeystoneAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Record<string, unknown>
}

export class KeystoneClient {
  readonly url: string

  /** @param url of the v3 API: `http://HOST:PORT/v3` */
  constructor(url: string) {
    this.url = url
  }

  /** Sends a request and returns any response. Its body is `{}` if it has none. */
  async send(method: string, path: string, request: KeystoneRequest = {}): Promise<KeystoneAnswer> {
    const { status, headers, body } = await exchange({
      url: `${this.url}${path}`,
      method,
      headers: {
        ...(request.token === undefined ? {} : { 'X-Auth-Token': request.token }),
        ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...request.headers,
      },
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
      agent,
      // A repeated creation is answered by an error, because the object exists already.
      repeatable: true,
    })
    const isJson = headers['content-type']?.startsWith('application/json')
    return { status, headers, body: isJson ? asRecord(JSON.parse(body)) : {} }
  }

  /** Like `send`, but retries if Keystone fails, and rejects unless the request succeeds. */
  async call(method: string, path: string, request: KeystoneRequest = {}): Promise<KeystoneAnswer> {
    let answer = await this.send(method, path, request)
    // On SQLite, the later of two concurrent writes may fail without having changed anything.
    for (let again = 0; answer.status >= 500 && again < RETRIES_MAX; again++) {
      answer = await this.send(method, path, request)
    }
    if (answer.status < 300) return answer
    const told = JSON.stringify(answer.body)
    throw new Error(`Keystone answered ${answer.status} to ${method} ${path}: ${told}`)
  }

  /** Issues a token by password. Default scope: the user's own project. */
  async issueToken(user: Credentials, scope?: Scope): Promise<IssuedToken> {
    const identity = {
      methods: ['password'],
      password: { user: { id: user.userId, password: user.password } },
    }
    const wanted = scope ?? { kind: 'project', projectId: user.projectId }
    return this.#authenticate({ identity, scope: scopeBody(wanted) })
  }

  async issueApplicationCredentialToken(credential: ApplicationCredential): Promise<IssuedToken> {
    const identity = {
      methods: ['application_credential'],
      application_credential: { id: credential.id, secret: credential.secret },
    }
    return this.#authenticate({ identity })
  }

  /** Keystone's description of a token; undefined if the token is invalid. */
  async validateToken(
    callerToken: string,
    subjectToken: string,
  ): Promise<Record<string, unknown> | undefined> {
    const answer = await this.send('GET', '/auth/tokens?nocatalog', {
      token: callerToken,
      headers: { 'X-Subject-Token': subjectToken, 'OpenStack-Identity-Access-Rules': '1' },
    })
    return answer.status === 200 ? asRecord(answer.body.token) : undefined
  }

  async revokeToken(callerToken: string, subjectToken: string): Promise<void> {
    const headers = { 'X-Subject-Token': subjectToken }
    await this.call('DELETE', '/auth/tokens', { token: callerToken, headers })
  }

  /** Access rules limit the calls that the credential allows. Without rules it allows all. */
  async createApplicationCredential(
    user: Credentials,
    name: string,
    options: CredentialOptions = {},
  ): Promise<ApplicationCredential> {
    const { id: token } = await this.issueToken(user)
    const path = `/users/${user.userId}/application_credentials`
    const body = { application_credential: { name, ...options } }
    const answer = await this.call('POST', path, { token, body })
    const { id, secret } = asRecord(answer.body.application_credential)
    return { id: String(id), secret: String(secret) }
  }

  /** Like `openstack ec2 credentials create`, for the user's own project. */
  async createEc2Credential(user: Credentials): Promise<Ec2Credential> {
    const { id: token } = await this.issueToken(user)
    const path = `/users/${user.userId}/credentials/OS-EC2`
    const answer = await this.call('POST', path, { token, body: { tenant_id: user.projectId } })
    const { access, secret } = asRecord(answer.body.credential)
    return { access: String(access), secret: String(secret) }
  }

  async #authenticate(auth: Record<string, unknown>): Promise<IssuedToken> {
    const answer = await this.call('POST', '/auth/tokens', { body: { auth } })
    const { 'x-subject-token': id } = answer.headers
    if (typeof id !== 'string') throw new Error('Keystone issued no token')
    const body = asRecord(answer.body.token)
    return { id, expiresAt: String(body.expires_at), body }
  }
}

function scopeBody(scope: Scope): unknown {
  if (scope.kind === 'project') return { project: { id: scope.projectId } }
  if (scope.kind === 'domain') return { domain: { id: scope.domainId } }
  if (scope.kind === 'trust') return { 'OS-TRUST:trust': { id: scope.trustId } }
  return scope.kind === 'system' ? { system: { all: true } } : 'unscoped'
}

/** The value as an object. Throws if it is something else. */
export function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return { ...value }
  throw new Error(`Keystone answered ${JSON.stringify(value)} where an object belongs`)
}
