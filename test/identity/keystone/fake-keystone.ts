import type http from 'node:http'
import { KEYSTONE_AUTHTOKEN_GROUP } from '../../../src/config/groups/keystone-authtoken.ts'
import { readOptions } from '../../../src/config/read-options.ts'
import type { KeystoneOptions } from '../../../src/identity/keystone/options.ts'
import { type CallKind, PlayedServer } from './played-server.ts'

/** Answers one request, or leaves it unanswered. */
export type Script = (request: http.IncomingMessage, response: http.ServerResponse) => void

interface Call {
  readonly kind: CallKind
  readonly headers: http.IncomingHttpHeaders
  readonly url: string
  body: string
}

/** Plays failures that a real Keystone cannot be made to show. */
export class FakeKeystone extends PlayedServer {
  readonly calls: Call[] = []
  /** Whether the service's user may log in to the system. */
  hasSystemRole = false
  login: Script = (_request, response) => {
    const call = this.calls.findLast(({ kind }) => kind === 'login')
    const scope = /"system"/.test(call?.body ?? '') ? 'system' : 'service'
    if (scope === 'system' && !this.hasSystemRole) answer(response, 401, {})
    else answer(response, 201, loginBody(3_600), { 'x-subject-token': `${scope}-${this.logins}` })
  }
  validation: Script = (_request, response) => answer(response, 200, tokenBody())
  revocations: Script = (_request, response) => answer(response, 200, { events: [] })
  signature: Script = (_request, response) => answer(response, 200, tokenBody())
  credential: Script = (_request, response) => answer(response, 403, {})

  static async start(): Promise<FakeKeystone> {
    const fake = new FakeKeystone()
    await fake.listen()
    return fake
  }

  protected override serve(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    kind: CallKind,
  ): void {
    const call: Call = { kind, headers: request.headers, url: request.url ?? '', body: '' }
    this.calls.push(call)
    this.holds(response)
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      call.body += chunk
    })
    request.on('end', () => this[kind](request, response))
  }
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
