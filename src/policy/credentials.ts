import type { Identity } from '../identity/request-context.ts'

/** An attribute of the caller as Python's `str` prints it. */
export type Credential = (identity: Identity) => string

const NONE = 'None'
const ADMIN_ROLE = 'admin'

/** Whether a caller has a role, ignoring case as `role:` does. @param role in lower case */
export function hasRole({ roles }: Identity, role: string): boolean {
  if (roles.has(role)) return true
  for (const each of roles) if (each.toLowerCase() === role) return true
  return false
}

/** Attributes of the caller that rules may use: those of oslo.context's `to_policy_values`, and
 * `is_admin`, true for the role admin. Identities are scoped to projects, never to a domain or the
 * system. */
export const CREDENTIALS: ReadonlyMap<string, Credential> = new Map<string, Credential>([
  ['user_id', (identity) => identity.userId],
  ['user_domain_id', (identity) => identity.userDomainId ?? NONE],
  ['project_id', (identity) => identity.projectId],
  ['project_domain_id', (identity) => identity.projectDomainId ?? NONE],
  ['domain_id', () => NONE],
  ['system_scope', () => NONE],
  ['is_admin', (identity) => (hasRole(identity, ADMIN_ROLE) ? 'True' : 'False')],
  ['is_admin_project', (identity) => (identity.isAdminProject === false ? 'False' : 'True')],
  ['service_user_id', (identity) => identity.service?.userId ?? NONE],
  ['service_project_id', (identity) => identity.service?.projectId ?? NONE],
])

const NO_ROLES: ReadonlySet<string> = new Set()

/** Attributes that are lists: a check tests membership, case-sensitively. */
export const LIST_CREDENTIALS: ReadonlyMap<string, (identity: Identity) => ReadonlySet<string>> =
  new Map([
    ['roles', (identity) => identity.roles],
    ['service_roles', (identity) => identity.service?.roles ?? NO_ROLES],
  ])

/** Attributes in oslo.context that an `Identity` does not have. */
export const UNKNOWN_CREDENTIALS: ReadonlySet<string> = new Set([
  'service_user_domain_id',
  'service_project_domain_id',
])
