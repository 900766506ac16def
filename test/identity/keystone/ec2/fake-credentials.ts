import { hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { signature } from '../../sigv4/signed-requests.ts'
import { answer, type FakeKeystone, tokenBody } from '../fake-keystone.ts'

/** Keystone's answer about a missing credential. */
export const NOT_THERE = { error: { code: 404, message: 'not there', title: 'Not Found' } }

interface Credential {
  secret: string
  projectId: string
  isEnabled: boolean
  roles?: readonly string[]
}

interface Ec2Request {
  readonly access: string
  readonly signature: string
  readonly headers: Readonly<Record<string, string>>
  readonly body_hash: string
}

/** EC2 credentials of a fake Keystone, which verifies signatures like the real one. */
export class FakeCredentials {
  readonly #byAccessKey = new Map<string, Credential>()
  readonly #keystone: FakeKeystone
  /** Whether the service may read secrets with its token for a project. */
  areReadable = true
  /** Whether it may read them with a token for the system. */
  areReadableForSystem = true

  constructor(keystone: FakeKeystone) {
    this.#keystone = keystone
    keystone.signature = (_request, response) => this.#signature(response)
    keystone.credential = (request, response) => this.#credential(request, response)
  }

  set(accessKey: string, secret: string, projectId = 'p1'): void {
    this.#byAccessKey.set(accessKey, { secret, projectId, isEnabled: true })
  }

  /** Plays a disabled user or project. */
  disable(accessKey: string): void {
    const credential = this.#byAccessKey.get(accessKey)
    if (credential) credential.isEnabled = false
  }

  setRoles(accessKey: string, roles: readonly string[]): void {
    const credential = this.#byAccessKey.get(accessKey)
    if (credential) credential.roles = roles
  }

  delete(accessKey: string): void {
    this.#byAccessKey.delete(accessKey)
  }

  #credential(request: IncomingMessage, response: ServerResponse): void {
    const id = request.url?.split('/').at(-1)
    const found = [...this.#byAccessKey].find(([access]) => hash('sha256', access) === id)
    const isForSystem = String(request.headers['x-auth-token']).startsWith('system')
    const isAllowed = isForSystem ? this.areReadableForSystem : this.areReadable
    if (found === undefined || !isAllowed) {
      // With a token for a project, Keystone answers 403 in both cases.
      const isSaid = isForSystem && isAllowed
      answer(response, isSaid ? 404 : 403, isSaid ? NOT_THERE : {})
      return
    }
    const [access, { secret, projectId }] = found
    const blob = JSON.stringify({ access, secret, trust_id: null })
    answer(response, 200, {
      credential: { id, type: 'ec2', user_id: 'u1', project_id: projectId, blob },
    })
  }

  #signature(response: ServerResponse): void {
    const call = this.#keystone.calls.findLast(({ kind }) => kind === 'signature')
    const request: Ec2Request = JSON.parse(call?.body ?? '').credentials
    const found = this.#byAccessKey.get(request.access)
    if (found === undefined) answer(response, 404, NOT_THERE)
    else if (!found.isEnabled || signatureOf(request, found.secret) !== request.signature) {
      answer(response, 401, { error: { code: 401 } })
    } else {
      const project = { id: found.projectId, name: 'demo', domain: { id: 'default' } }
      const roles = found.roles && { roles: found.roles.map((name) => ({ name })) }
      answer(response, 200, tokenBody({ project, methods: ['ec2credential'], ...roles }))
    }
  }
}

/** Computes the signature only from the contents of the call to Keystone. */
function signatureOf({ headers, body_hash }: Ec2Request, secret: string): string {
  const { Authorization = '', 'X-Amz-Date': date = '' } = headers
  const [, scope = '', signed = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(Authorization) ?? []
  const all = Object.entries(headers)
  const headerOf = (name: string) => all.find(([each]) => each.toLowerCase() === name)?.[1]
  const lines = signed.split(';').map((name) => `${name}:${headerOf(name)}\n`)
  const canonical = `POST\n/\n\n${lines.join('')}\n${signed}\n${body_hash}`
  return signature(secret, date, scope, canonical)
}
