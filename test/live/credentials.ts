import { randomBytes } from 'node:crypto'
import type { AccessRule, Credentials } from '../stack/keystone-client.ts'
import { asRecord } from '../stack/keystone-client.ts'
import type { KeystoneStack, ProjectFixture } from '../stack/keystone-stack.ts'

/** Life of the tokens that are to expire; then they have, for Keystone and everybody. */
const SHORT_LIFE_MS = 3_000

/** Every kind of token that a caller may bring, made by a real Keystone. */
export class CredentialMaker {
  readonly #keystone: KeystoneStack
  readonly #mark = randomBytes(4).toString('hex')
  #count = 0

  constructor(keystone: KeystoneStack) {
    this.#keystone = keystone
  }

  unique(name: string): string {
    return `${name}-${this.#mark}-${this.#count++}`
  }

  async userToken(user: Credentials): Promise<string> {
    return (await this.#keystone.issueToken(user)).id
  }

  async newUser(projectId: string, roles: readonly string[]): Promise<Credentials> {
    return this.#keystone.createUser(this.unique('user'), projectId, roles)
  }

  /** A member of a project, both in a domain of their own. */
  async memberOfOtherDomain(): Promise<Credentials> {
    return (await this.#memberOfNewDomain()).member
  }

  async #memberOfNewDomain(): Promise<{ domainId: string; member: Credentials }> {
    const domain_id = await this.#create('/domains', 'domain', { name: this.unique('domain') })
    const password = randomBytes(16).toString('base64url')
    const username = this.unique('user')
    const projectId = await this.#create('/projects', 'project', {
      name: this.unique('project'),
      domain_id,
    })
    const userId = await this.#create('/users', 'user', { name: username, password, domain_id })
    await this.#keystone.grantRole(projectId, userId, 'member')
    return { domainId: domain_id, member: { userId, username, password, projectId } }
  }

  async revoked(user: Credentials): Promise<string> {
    const token = await this.userToken(user)
    await this.#keystone.revokeToken(await this.#keystone.adminToken(), token)
    return token
  }

  async ofDisabledUser(projectId: string): Promise<string> {
    const user = await this.newUser(projectId, ['member'])
    const token = await this.userToken(user)
    await this.#keystone.setUserEnabled(user.userId, false)
    return token
  }

  async ofDisabledProject(): Promise<string> {
    const projectId = await this.#keystone.createProject(this.unique('project'))
    const token = await this.userToken(await this.newUser(projectId, ['member']))
    await this.#keystone.setProjectEnabled(projectId, false)
    return token
  }

  /** Of a member whose project and user are in it. */
  async ofDisabledDomain(): Promise<string> {
    const { domainId, member } = await this.#memberOfNewDomain()
    const token = await this.userToken(member)
    await this.#asAdmin('PATCH', `/domains/${domainId}`, { domain: { enabled: false } })
    return token
  }

  async withoutItsRole(projectId: string): Promise<string> {
    const user = await this.newUser(projectId, ['member'])
    const token = await this.userToken(user)
    await this.#keystone.removeRole(projectId, user.userId, 'member')
    return token
  }

  /** A token that expires in a few seconds: an application credential's end is its tokens' too. */
  async shortLived(user: Credentials): Promise<string> {
    const end = new Date(Date.now() + SHORT_LIFE_MS).toISOString().replace('Z', '')
    return this.byApplicationCredential(user, { expires_at: end })
  }

  async byApplicationCredential(
    user: Credentials,
    options: { expires_at?: string; access_rules?: readonly AccessRule[] } = {},
  ): Promise<string> {
    const credential = await this.newApplicationCredential(user, options)
    return (await this.#keystone.issueApplicationCredentialToken(credential)).id
  }

  async newApplicationCredential(
    user: Credentials,
    options: { expires_at?: string; access_rules?: readonly AccessRule[] } = {},
  ): Promise<{ readonly id: string; readonly secret: string }> {
    const { id: token } = await this.#keystone.issueToken(user)
    const path = `/users/${user.userId}/application_credentials`
    const body = { application_credential: { name: this.unique('credential'), ...options } }
    const answer = await this.#keystone.call('POST', path, { token, body })
    const { id, secret } = asRecord(answer.body.application_credential)
    return { id: String(id), secret: String(secret) }
  }

  /** What a project's member may do, done by somebody else in the member's name. */
  async byTrust({ id, users }: ProjectFixture, trustee: Credentials): Promise<string> {
    const { id: token } = await this.#keystone.issueToken(users.member)
    const trust = {
      trustor_user_id: users.member.userId,
      trustee_user_id: trustee.userId,
      project_id: id,
      impersonation: true,
      roles: [{ name: 'member' }],
    }
    const answer = await this.#keystone.call('POST', '/OS-TRUST/trusts', { token, body: { trust } })
    const identity = {
      methods: ['password'],
      password: { user: { id: trustee.userId, password: trustee.password } },
    }
    const scope = { 'OS-TRUST:trust': { id: asRecord(answer.body.trust).id } }
    const login = { body: { auth: { identity, scope } } }
    const { headers } = await this.#keystone.call('POST', '/auth/tokens', login)
    return String(headers['x-subject-token'])
  }

  /** The administrator's, in another scope than a project; with a role in the default domain. */
  async inScope(kind: 'unscoped' | 'domain' | 'system'): Promise<string> {
    const { admin } = this.#keystone.data
    const scope = kind === 'domain' ? { kind, domainId: 'default' } : { kind }
    if (kind === 'domain') await this.#grantInDomain(admin.userId, 'reader')
    return (await this.#keystone.issueToken(admin, scope)).id
  }

  async grantInSystem(userId: string, role: string): Promise<void> {
    const path = `/system/users/${userId}/roles/${await this.#roleId(role)}`
    await this.#asAdmin('PUT', path)
  }

  async #grantInDomain(userId: string, role: string): Promise<void> {
    await this.#asAdmin('PUT', `/domains/default/users/${userId}/roles/${await this.#roleId(role)}`)
  }

  async #roleId(name: string): Promise<string> {
    const { roles } = await this.#asAdmin('GET', `/roles?name=${name}`)
    return String(asRecord(Array.isArray(roles) ? roles[0] : undefined).id)
  }

  async #create(path: string, noun: string, value: unknown): Promise<string> {
    const answer = await this.#asAdmin('POST', path, { [noun]: value })
    return String(asRecord(answer[noun]).id)
  }

  async #asAdmin(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const token = await this.#keystone.adminToken()
    const answer = await this.#keystone.call(
      method,
      path,
      body === undefined ? { token } : { token, body },
    )
    return answer.body
  }
}

/** A token's own letters, one of them another. */
export function changed(token: string): string {
  const middle = Math.floor(token.length / 2)
  return `${token.slice(0, middle)}${token[middle] === 'A' ? 'B' : 'A'}${token.slice(middle + 1)}`
}

/** Headers that speak of an identity, as a client would forge them. */
export function spoofedHeaders(projectId: string): readonly (readonly [string, string])[] {
  return [
    ['X-Identity-Status', 'Confirmed'],
    ['X-Service-Identity-Status', 'Confirmed'],
    ['X-User-Id', 'f'.repeat(32)],
    ['X-User-Name', 'admin'],
    ['X-Project-Id', projectId],
    ['X-Tenant-Id', projectId],
    ['X-Roles', 'admin'],
    ['X-Role', 'admin'],
    ['X-Service-User-Id', 'f'.repeat(32)],
    ['X-Service-Roles', 'admin,service'],
    ['X-Is-Admin-Project', 'True'],
    ['OpenStack-System-Scope', 'all'],
    ['X-Service-Catalog', 'no JSON'],
  ]
}
