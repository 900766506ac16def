import { arrayOf, type JsonObject, objectOf, stringOf, timeOf } from '../json.ts'

/** The properties of a token that revocation events name. */
export interface RevocableTraits {
  readonly auditId: string | undefined
  /** The audit id of the first token in the chain of rescoped tokens. */
  readonly auditChainId: string | undefined
  /** The user; with a trust also trustor and trustee. */
  readonly userIds: readonly string[]
  readonly projectId: string | undefined
  /** The domains of user and project, and the one the token is scoped to. */
  readonly domainIds: readonly string[]
  readonly trustId: string | undefined
  /** Milliseconds since 1970. 0 if unknown, so that every event matches. */
  readonly issuedAtMs: number
}

/** @param token the `token` object of a validation */
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
