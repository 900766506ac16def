import { randomBytes } from 'node:crypto'
import type { CredentialOptions, Credentials } from '../stack/keystone-client.ts'
import type { KeystoneStack, ProjectFixture } from '../stack/keystone-stack.ts'

/** Milliseconds until a token of `shortLived` expires. */
const SHORT_LIFE_MS = 3_000

/** Scopes other than a project, as Keystone's API takes them. */
export const SCOPES = {
  unscoped: 'unscoped',
  domain: { domain: { id: 'default' } },
  system: { system: { all: true } },
}

/** Creates every kind of token that a caller may send, with a real Keystone. */
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

  /** A member of a project, both in a new domain. */
  async memberOfNewDomain(): Promise<{ domainId: string; member: Credentials }> {
    const name = this.unique('domain')
    const domainId = await this.#keystone.create('/domains', 'domain', { name })
    const projectId = await this.#keystone.createProject(this.unique('project'), domainId)
    const username = this.unique('user')
    const member = await this.#keystone.createUser(username, projectId, ['member'], domainId)
    return { domainId, member }
  }

  async revoked(user: Credentials): Promise<string> {
    const token = await this.userToken(user)
    await this.#keystone.revokeToken(await this.#keystone.adminToken(), token)
    return token
  }

  /** Tokens of members of the project and of others, each by what was done after it was issued. */
  async invalidated(projectId: string): Promise<Record<string, string>> {
    const keystone = this.#keystone
    const tokens: Record<string, string> = {}
    const after = async (name: string, user: Credentials, change: () => Promise<unknown>) => {
      tokens[name] = await this.userToken(user)
      await change()
    }
    const user = await this.newUser(projectId, ['member'])
    await after('disabled user', user, () => keystone.setUserEnabled(user.userId, false))
    const disabled = await keystone.createProject(this.unique('project'))
    const ofProject = await this.newUser(disabled, ['member'])
    await after('disabled project', ofProject, () => keystone.setProjectEnabled(disabled, false))
    const { domainId, member } = await this.memberOfNewDomain()
    await after('disabled domain', member, () => keystone.setDomainEnabled(domainId, false))
    const former = await this.newUser(projectId, ['member'])
    const demote = () => keystone.removeRole(projectId, former.userId, 'member')
    await after('its role was taken away', former, demote)
    return tokens
  }

  /** A token that expires in a few seconds, together with its application credential. */
  async shortLived(user: Credentials): Promise<string> {
    const end = new Date(Date.now() + SHORT_LIFE_MS).toISOString().replace('Z', '')
    return this.byApplicationCredential(user, { expires_at: end })
  }

  async byApplicationCredential(user: Credentials, options?: CredentialOptions): Promise<string> {
    const credential = await this.newApplicationCredential(user, options)
    return (await this.#keystone.issueApplicationCredentialToken(credential)).id
  }

  newApplicationCredential(user: Credentials, options?: CredentialOptions) {
    return this.#keystone.createApplicationCredential(user, this.unique('credential'), options)
  }

  /** A token with which `trustee` acts as the project's member. */
  async byTrust({ id, users }: ProjectFixture, trustee: Credentials): Promise<string> {
    const trust = {
      ...{ trustor_user_id: users.member.userId, trustee_user_id: trustee.userId },
      ...{ project_id: id, impersonation: true, roles: [{ name: 'member' }] },
    }
    type Created = { trust: { id: string } }
    const path = '/OS-TRUST/trusts'
    const created = await this.#keystone.createAs<Created>(users.member, path, { trust })
    const scope = { 'OS-TRUST:trust': { id: created.trust.id } }
    return (await this.#keystone.issueToken(trustee, scope)).id
  }

  /** A token of the administrator with another scope than a project. */
  async inScope(kind: keyof typeof SCOPES): Promise<string> {
    const { admin } = this.#keystone.data
    const domain = '/domains/default'
    if (kind === 'domain') await this.#keystone.setRole('PUT', domain, admin.userId, 'reader')
    return (await this.#keystone.issueToken(admin, SCOPES[kind])).id
  }
}

/** The token with one character changed. */
export function changed(token: string): string {
  const middle = Math.floor(token.length / 2)
  return `${token.slice(0, middle)}${token[middle] === 'A' ? 'B' : 'A'}${token.slice(middle + 1)}`
}

/** Headers with a forged identity. */
export function spoofedHeaders(projectId: string): readonly (readonly [string, string])[] {
  const nobody = 'f'.repeat(32)
  return Object.entries({
    ...{ 'X-Identity-Status': 'Confirmed', 'X-Service-Identity-Status': 'Confirmed' },
    ...{ 'X-User-Id': nobody, 'X-User-Name': 'admin', 'X-Project-Id': projectId },
    ...{ 'X-Tenant-Id': projectId, 'X-Roles': 'admin', 'X-Role': 'admin' },
    ...{ 'X-Service-User-Id': nobody, 'X-Service-Roles': 'admin,service' },
    ...{ 'X-Is-Admin-Project': 'True', 'OpenStack-System-Scope': 'all' },
    'X-Service-Catalog': 'no JSON',
  })
}
