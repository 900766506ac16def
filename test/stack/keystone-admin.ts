import { hash, randomBytes } from 'node:crypto'
import { type Credentials, type Ec2Credential, KeystoneClient } from './keystone-client.ts'

/** Age at which the administrator's token is renewed. It expires after an hour. */
const ADMIN_TOKEN_AGE_MS_MAX = 1_800_000
const PASSWORD_BYTES = 18
const EC2_SECRET_BYTES = 16

export type AdminData = {
  /** The address of the v3 API. */
  readonly url: string
  readonly region: string
  readonly admin: Credentials
}

/** A client for Keystone's administrator. It creates everything in the domain `default`. */
export class KeystoneAdmin<Data extends AdminData = AdminData> extends KeystoneClient {
  readonly data: Data
  #adminToken: { id: string; since: number } | undefined

  constructor(data: Data) {
    super(data.url)
    this.data = data
  }

  async adminToken(): Promise<string> {
    const known = this.#adminToken
    if (known && performance.now() - known.since < ADMIN_TOKEN_AGE_MS_MAX) return known.id
    const { id } = await this.issueToken(this.data.admin)
    this.#adminToken = { id, since: performance.now() }
    return id
  }

  /** Registers a service with an endpoint for all three interfaces. Returns the service's id. */
  async registerService(type: string, url: string): Promise<string> {
    const service = { type, name: type, enabled: true }
    const serviceId = await this.create('/services', 'service', service)
    for (const face of ['public', 'internal', 'admin']) {
      const endpoint = { service_id: serviceId, interface: face, url, region_id: this.data.region }
      await this.create('/endpoints', 'endpoint', endpoint)
    }
    return serviceId
  }

  /** Removes a service and its endpoints from the catalog. */
  async removeService(serviceId: string): Promise<void> {
    await this.asAdmin('DELETE', `/services/${serviceId}`)
  }

  async createProject(name: string, domain_id = 'default'): Promise<string> {
    return this.create('/projects', 'project', { name, domain_id })
  }

  /** Creates a user with a random password and these roles in the project. */
  async createUser(
    username: string,
    projectId: string,
    roles: readonly string[],
    domain_id = 'default',
  ): Promise<Credentials> {
    const password = randomPassword()
    const userId = await this.create('/users', 'user', { name: username, password, domain_id })
    for (const role of roles) await this.grantRole(projectId, userId, role)
    return { userId, username, password, projectId }
  }

  grantRole(projectId: string, userId: string, role: string): Promise<void> {
    return this.setRole('PUT', `/projects/${projectId}`, userId, role)
  }

  removeRole(projectId: string, userId: string, role: string): Promise<void> {
    return this.setRole('DELETE', `/projects/${projectId}`, userId, role)
  }

  /** Grants or removes a role. `scope` is a path, such as `/system`. */
  async setRole(method: 'PUT' | 'DELETE', scope: string, userId: string, role: string) {
    await this.asAdmin(method, `${scope}/users/${userId}/roles/${await this.#roleId(role)}`)
  }

  async setProjectEnabled(projectId: string, enabled: boolean): Promise<void> {
    await this.asAdmin('PATCH', `/projects/${projectId}`, { project: { enabled } })
  }

  async setUserEnabled(userId: string, enabled: boolean): Promise<void> {
    await this.asAdmin('PATCH', `/users/${userId}`, { user: { enabled } })
  }

  async setDomainEnabled(domainId: string, enabled: boolean): Promise<void> {
    await this.asAdmin('PATCH', `/domains/${domainId}`, { domain: { enabled } })
  }

  /** Gives an access key a new secret. Signatures with the old one become invalid. */
  async rotateEc2Credential({ access }: Ec2Credential): Promise<Ec2Credential> {
    const rotated = { access, secret: randomBytes(EC2_SECRET_BYTES).toString('hex') }
    const blob = JSON.stringify({ ...rotated, trust_id: null })
    await this.asAdmin('PATCH', `/credentials/${credentialId(access)}`, { credential: { blob } })
    return rotated
  }

  async deleteEc2Credential({ access }: Ec2Credential): Promise<void> {
    await this.asAdmin('DELETE', `/credentials/${credentialId(access)}`)
  }

  async #roleId(name: string): Promise<string> {
    const path = `/roles?name=${encodeURIComponent(name)}`
    const { roles } = await this.asAdmin<{ roles: { id: string }[] }>('GET', path)
    return roles[0]?.id ?? this.create('/roles', 'role', { name })
  }

  async create(path: string, noun: string, value: unknown): Promise<string> {
    const body = { [noun]: value }
    const created = await this.asAdmin<Record<string, { id?: unknown }>>('POST', path, body)
    const { id } = created[noun] ?? {}
    if (typeof id !== 'string') throw new Error(`POST ${path} was answered without an id`)
    return id
  }

  async asAdmin<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Body> {
    const token = await this.adminToken()
    return (await this.call<Body>(method, path, { token, body })).body
  }
}

/** Keystone's id of an EC2 credential. */
export function credentialId(access: string): string {
  return hash('sha256', access)
}

export function randomPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url')
}
