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

type IssuedToken = {
  readonly id: string
  /** The `token` object of Keystone's answer. */
  readonly body: Json
}

export type CredentialOptions = {
  readonly expires_at?: string
  /** Limit the calls that the credential allows. Without rules it allows all. */
  readonly access_rules?: readonly Readonly<Record<'service' | 'method' | 'path', string>>[]
}

type ApplicationCredential = { readonly id: string; readonly secret: string }

/** An access key and its secret. */
export type Ec2Credential = { readonly access: string; readonly secret: string }

type KeystoneRequest = {
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

type Json = Record<string, unknown>

type KeystoneAnswer<Body> = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Body
}

export class KeystoneClient {
  readonly url: string

  /** @param url of the v3 API: `http://HOST:PORT/v3` */
  constructor(url: string) {
    this.url = url
  }

  /** Sends a request and returns any response. Its body is `{}` if it has none. */
  async send<Body = Json>(
    method: string,
    path: string,
    { token, body: sent, headers: more }: KeystoneRequest = {},
  ): Promise<KeystoneAnswer<Body>> {
    const { status, headers, body } = await exchange({
      url: `${this.url}${path}`,
      method,
      headers: {
        ...(token !== undefined && { 'X-Auth-Token': token }),
        ...(sent !== undefined && { 'Content-Type': 'application/json' }),
        ...more,
      },
      body: JSON.stringify(sent),
      agent,
      // A repeated creation is answered by an error, because the object exists already.
      repeatable: true,
    })
    const isJson = headers['content-type']?.startsWith('application/json')
    return { status, headers, body: JSON.parse(isJson ? body : '{}') }
  }

  /** Like `send`, but retries if Keystone fails, and rejects unless the request succeeds. */
  async call<Body = Json>(
    method: string,
    path: string,
    request: KeystoneRequest = {},
  ): Promise<KeystoneAnswer<Body>> {
    let answer = await this.send<Body>(method, path, request)
    // On SQLite, the later of two concurrent writes may fail without having changed anything.
    for (let again = 0; answer.status >= 500 && again < RETRIES_MAX; again++) {
      answer = await this.send<Body>(method, path, request)
    }
    if (answer.status < 300) return answer
    const told = JSON.stringify(answer.body)
    throw new Error(`Keystone answered ${answer.status} to ${method} ${path}: ${told}`)
  }

  /**
   * Issues a token by password.
   *
   * @param scope as Keystone's API takes it; by default the user's own project
   */
  async issueToken(
    { userId: id, password, projectId }: Credentials,
    scope: unknown = { project: { id: projectId } },
  ): Promise<IssuedToken> {
    const identity = { methods: ['password'], password: { user: { id, password } } }
    return this.#authenticate({ identity, scope })
  }

  issueApplicationCredentialToken(application_credential: ApplicationCredential) {
    const methods = ['application_credential']
    return this.#authenticate({ identity: { methods, application_credential } })
  }

  /** Keystone's description of a token; undefined if the token is invalid. */
  async validateToken(token: string, subjectToken: string): Promise<Json | undefined> {
    const headers = { 'X-Subject-Token': subjectToken, 'OpenStack-Identity-Access-Rules': '1' }
    const path = '/auth/tokens?nocatalog'
    const answer = await this.send<{ token: Json }>('GET', path, { token, headers })
    return answer.status === 200 ? answer.body.token : undefined
  }

  async revokeToken(token: string, subjectToken: string): Promise<void> {
    const headers = { 'X-Subject-Token': subjectToken }
    await this.call('DELETE', '/auth/tokens', { token, headers })
  }

  /** Creates an object with a new token of the user. Returns the answer's body. */
  async createAs<Body>(user: Credentials, path: string, body: Json): Promise<Body> {
    const { id: token } = await this.issueToken(user)
    return (await this.call<Body>('POST', path, { token, body })).body
  }

  async createApplicationCredential(
    user: Credentials,
    name: string,
    options: CredentialOptions = {},
  ): Promise<ApplicationCredential> {
    type Created = { application_credential: ApplicationCredential }
    const path = `/users/${user.userId}/application_credentials`
    const body = { application_credential: { name, ...options } }
    const { id, secret } = (await this.createAs<Created>(user, path, body)).application_credential
    return { id, secret }
  }

  /** Like `openstack ec2 credentials create`, for the user's own project. */
  async createEc2Credential(user: Credentials): Promise<Ec2Credential> {
    const path = `/users/${user.userId}/credentials/OS-EC2`
    const body = { tenant_id: user.projectId }
    const created = await this.createAs<{ credential: Ec2Credential }>(user, path, body)
    const { access, secret } = created.credential
    return { access, secret }
  }

  async #authenticate(auth: Json): Promise<IssuedToken> {
    const request = { body: { auth } }
    const { headers, body } = await this.call<{ token: Json }>('POST', '/auth/tokens', request)
    const { 'x-subject-token': id } = headers
    if (typeof id !== 'string') throw new Error('Keystone issued no token')
    return { id, body: body.token }
  }
}
