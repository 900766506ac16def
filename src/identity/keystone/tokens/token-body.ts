import type { Identity, ServiceIdentity } from '../../request-context.ts'
import { arrayOf, type JsonObject, objectOf, parseJsonObject, stringOf, timeOf } from '../json.ts'
import { type RevocableTraits, revocableTraits } from '../revocation/traits.ts'
import type { AccessRule } from './access-rules.ts'

/** A valid token as Keystone describes it. */
export interface TokenBody {
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Undefined for an unscoped, domain or system token. */
  readonly identity: Identity | undefined
  /** Undefined: the roles are the only limit. */
  readonly accessRules: readonly AccessRule[] | undefined
  /** The identity of the token's user as a service, whatever the token's scope. */
  readonly service: ServiceIdentity
  readonly traits: RevocableTraits
}

const ID = /^[A-Za-z0-9_.-]{1,64}$/

/** Undefined if the text is not a token as Keystone documents it. */
export function parseTokenBody(text: string): TokenBody | undefined {
  const token = objectOf(parseJsonObject(text)?.token)
  if (token === undefined) return undefined
  const expiresAt = timeOf(token.expires_at)
  const roles = token.roles === undefined ? new Set<string>() : parseRoles(token.roles)
  const accessRules = parseAccessRules(token.application_credential)
  const user = objectOf(token.user)
  const userId = stringOf(user?.id)
  if (expiresAt === undefined || roles === undefined || accessRules === 'malformed')
    return undefined
  if (userId === undefined || userId === '') return undefined

  const project = objectOf(token.project)
  const projectId = stringOf(project?.id)
  const service = { userId, projectId, roles }
  const parts = { expiresAt, accessRules, service, traits: revocableTraits(token) }
  if (!isProjectScoped(token)) return { ...parts, identity: undefined }
  if (projectId === undefined || !ID.test(projectId)) return undefined
  const identity: Identity = {
    userId,
    userName: stringOf(user?.name),
    userDomainId: stringOf(objectOf(user?.domain)?.id),
    projectId,
    projectName: stringOf(project?.name),
    projectDomainId: stringOf(objectOf(project?.domain)?.id),
    roles,
    isAdminProject: token.is_admin_project !== false,
    expiresAt,
  }
  return { ...parts, identity }
}

/** A domain that acts as a project (`is_domain`) counts as a domain. */
function isProjectScoped(token: JsonObject): boolean {
  const hasOtherScope = token.domain !== undefined || token.system !== undefined
  return token.project !== undefined && !hasOtherScope && token.is_domain !== true
}

function parseRoles(value: unknown): ReadonlySet<string> | undefined {
  const roles = new Set<string>()
  for (const role of arrayOf(value) ?? [undefined]) {
    const name = stringOf(objectOf(role)?.name)
    if (name === undefined) return undefined
    roles.add(name)
  }
  return roles
}

/** An empty list allows nothing. */
function parseAccessRules(value: unknown): readonly AccessRule[] | undefined | 'malformed' {
  if (value === undefined) return undefined
  const credential = objectOf(value)
  if (credential === undefined) return 'malformed'
  if (credential.access_rules === undefined || credential.access_rules === null) return undefined
  const rules: AccessRule[] = []
  for (const item of arrayOf(credential.access_rules) ?? [undefined]) {
    const rule = objectOf(item)
    const service = stringOf(rule?.service)
    const method = stringOf(rule?.method)
    const path = stringOf(rule?.path)
    if (service === undefined || method === undefined || path === undefined) return 'malformed'
    rules.push({ service, method, path })
  }
  return rules
}
