import { once } from 'node:events'
import http from 'node:http'
import { KEYSTONE_AUTHTOKEN_GROUP } from '../../../src/config/groups/keystone-authtoken.ts'
import { readOptions } from '../../../src/config/read-options.ts'
import type { KeystoneOptions } from '../../../src/identity/keystone/options.ts'

/** Answers one request, or leaves it unanswered. */
export type Script = (request: http.IncomingMessage, response: http.ServerResponse) => void

export interface Call {
  readonly kind: 'login' | 'validation' | 'revocations' | 'signature' | 'credential'
  readonly headers: http.IncomingHttpHeaders
  readonly url: string
  body: string
}

/** Plays failures that a real Keystone cannot be made to show. */
export class FakeKeystone {
  readonly calls: Call[] = []
  /** Whether the service's user may log in to the system. */
  hasSystemRole = false
  login: Script = (_request, response) => {
    const scope = /"system"/.test(this.calls.findLast(isLogin)?.body ?? '') ? 'system' : 'service'
    if (scope === 'system' && !this.hasSystemRole) answer(response, 401, {})
    else answer(response, 201, loginBody(3_600), { 'x-subject-token': `${scope}-${this.logins}` })
  }
  validation: Script = (_request, response) => answer(response, 200, tokenBody())
  revocations: Script = (_request, response) => answer(response, 200, { events: [] })
  signature: Script = (_request, response) => answer(response, 200, tokenBody())
  credential: Script = (_request, response) => answer(response, 403, {})
  /** The most requests unanswered at once. */
  inFlightMax = 0
  #inFlight = 0
  readonly #server = http.createServer((request, response) => this.#serve(request, response))

  static async start(): Promise<FakeKeystone> {
    const fake = new FakeKeystone()
    fake.#server.listen(0, '127.0.0.1')
    await once(fake.#server, 'listening')
    return fake
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return `http://127.0.0.1:${address.port}/v3`
  }

  get logins(): number {
    return this.#count('login')
  }

  get validations(): number {
    return this.#count('validation')
  }

  get signatures(): number {
    return this.#count('signature')
  }

  get credentials(): number {
    return this.#count('credential')
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  #count(kind: Call['kind']): number {
    return this.calls.filter((call) => call.kind === kind).length
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const kind = kindOf(request)
    const call: Call = { kind, headers: request.headers, url: request.url ?? '', body: '' }
    this.calls.push(call)
    this.#inFlight++
    this.inFlightMax = Math.max(this.inFlightMax, this.#inFlight)
    response.on('close', () => this.#inFlight--)
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      call.body += chunk
    })
    request.on('end', () => this[kind](request, response))
  }
}

function isLogin({ kind }: Call): boolean {
  return kind === 'login'
}

function kindOf({ method, url }: http.IncomingMessage): Call['kind'] {
  if (url?.endsWith('/ec2tokens')) return 'signature'
  if (url?.includes('/credentials/')) return 'credential'
  if (method === 'POST') return 'login'
  return url?.includes('/OS-REVOKE/') ? 'revocations' : 'validation'
}

export function answer(
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: http.OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

export function loginBody(lifetimeSeconds: number): unknown {
  const issuedAt = Date.now()
  const at = (time: number) => new Date(time).toISOString()
  const expires_at = at(issuedAt + lifetimeSeconds * 1_000)
  return { token: { issued_at: at(issuedAt), expires_at } }
}

/** A member of project `p1`; `changes` replace or, when undefined, remove members. */
export function tokenBody(changes: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    token: {
      methods: ['password'],
      user: { id: 'u1', name: 'ann', domain: { id: 'default', name: 'Default' } },
      project: { id: 'p1', name: 'demo', domain: { id: 'default', name: 'Default' } },
      is_domain: false,
      roles: Object.entries({ r1: 'Member', r2: 'reader' }).map(([id, name]) => ({ id, name })),
      issued_at: '2026-01-01T00:00:00.000000Z',
      expires_at: '2099-01-01T00:00:00.000000Z',
      ...changes,
    },
  }
}

export function optionsFor(
  fake: { readonly url: string },
  changes: Partial<KeystoneOptions> = {},
): KeystoneOptions {
  const { options } = readOptions({ group: KEYSTONE_AUTHTOKEN_GROUP }, [])
  return {
    ...options.group,
    auth_url: fake.url,
    username: 'magnetodb',
    user_domain_id: 'default',
    password: 'service-secret',
    project_name: 'service',
    project_domain_name: 'Default',
    workers: 1,
    trusted_proxies: [],
    ...changes,
  }
}
