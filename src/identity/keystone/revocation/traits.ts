import { arrayOf, type JsonObject, objectOf, stringOf, timeOf } from '../json.ts'

/** What of a token Keystone's revocation events are compared with. */
export interface RevocableTraits {
  readonly auditId: string | undefined
  /** The audit id of the first of the tokens that this one was got by. */
  readonly auditChainId: string | undefined
  /** The user, and with a trust who gave it and who has it. */
  readonly userIds: readonly string[]
  readonly projectId: string | undefined
  /** The user's domain, the project's, and the one it is scoped to. */
  readonly domainIds: readonly string[]
  readonly trustId: string | undefined
  /** Milliseconds since 1970; 0 when Keystone does not say, so that every event is about it. */
  readonly issuedAtMs: number
}

/** @param token the `token` object of Keystone's answer */
export function revocableTraits(token: JsonObject): RevocableTraits {
  const idOf = (value: unknown) => stringOf(objectOf(value)?.id)
  const auditIds = arrayOf(token.audit_ids) ?? []
  const trust = objectOf(token['OS-TRUST:trust'])
  return {
    auditId: stringOf(auditIds[0]),
    auditChainId: stringOf(auditIds.at(-1)),
    userIds: present([idOf(token.user), idOf(trust?.trustor_user), idOf(trust?.trustee_user)]),
    projectId: idOf(token.project),
    domainIds: present([
      idOf(objectOf(token.user)?.domain),
      idOf(objectOf(token.project)?.domain),
      idOf(token.domain),
    ]),
    trustId: stringOf(trust?.id),
    issuedAtMs: timeOf(token.issued_at) ?? 0,
  }
}

function present(values: readonly (string | undefined)[]): readonly string[] {
  return values.filter((value) => value !== undefined)
}
