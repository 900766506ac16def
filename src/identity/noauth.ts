import { MagnetoDBError } from '../model/errors.ts'
import type { Authenticator } from './authenticator.ts'
import { UnauthorizedError } from './errors.ts'
import type { Identity } from './request-context.ts'

const NAME = '[A-Za-z0-9_.-]{1,64}'
const ROLES_MAX = 16

/** `USER:PROJECT` or `USER:PROJECT:role,role`. */
const CREDENTIALS = new RegExp(
  `^(${NAME}):(${NAME})(?::(${NAME}(?:,${NAME}){0,${ROLES_MAX - 1}}))?$`,
)

/** Keystone's implied roles after its bootstrap. */
const IMPLIED_ROLES: ReadonlyMap<string, readonly string[]> = new Map([
  ['admin', ['manager', 'member', 'reader']],
  ['manager', ['member', 'reader']],
  ['member', ['reader']],
])

/** For trials only: believes whatever `X-Auth-Token` says. Requires `isLoopbackHost`, too. */
export class NoauthAuthenticator implements Authenticator {
  readonly wwwAuthenticate = undefined

  async open(): Promise<void> {}

  known(token: string | undefined): Identity {
    return parseCredentials(token)
  }

  byAccessKey(accessKey: string): Identity {
    return projectMember(accessKey)
  }

  async authenticate(token: string | undefined): Promise<Identity> {
    return parseCredentials(token)
  }

  async probe(): Promise<void> {}

  close(): void {}
}

function parseCredentials(token: string | undefined): Identity {
  const [, userId, projectId, roles = 'member'] = CREDENTIALS.exec(token ?? '') ?? []
  if (userId === undefined || projectId === undefined) {
    throw new MagnetoDBError({ is: 'not_user_project' })
  }
  const named = roles.split(',')
  if (userId === 'admin') named.push('admin')
  return identityOf(userId, projectId, named)
}

function identityOf(userId: string, projectId: string, named: readonly string[]): Identity {
  return { userId, projectId, roles: withImpliedRoles(named), expiresAt: Number.POSITIVE_INFINITY }
}

const PROJECT = new RegExp(`^${NAME}$`)

/** The access key is the name of the project and of its user. The user is a member even if the name
 * is `admin`, so that a project's name makes nobody an administrator. */
function projectMember(accessKey: string): Identity {
  if (!PROJECT.test(accessKey)) throw new UnauthorizedError()
  return identityOf(accessKey, accessKey, ['member'])
}

function withImpliedRoles(named: readonly string[]): ReadonlySet<string> {
  const roles = new Set(named)
  for (const role of named) {
    for (const implied of IMPLIED_ROLES.get(role.toLowerCase()) ?? []) roles.add(implied)
  }
  return roles
}
