import { type JsonObject, objectOf, stringOf, timeOf } from '../json.ts'
import type { RevocableTraits } from './traits.ts'

/** Number of the newest events kept of each kind. Tokens older than the dropped events are
 * suspect. */
const EVENTS_MAX = 5_000
const BROAD_EVENTS_MAX = 200

/** One of Keystone's revocation events. Fields that it does not name match every token. */
export interface RevocationEvent {
  readonly auditId: string | undefined
  readonly auditChainId: string | undefined
  readonly userId: string | undefined
  readonly projectId: string | undefined
  readonly domainId: string | undefined
  readonly trustId: string | undefined
  readonly issuedBeforeMs: number
  readonly revokedAtMs: number
}

/** Undefined if the value is not an event as Keystone documents it. */
export function parseRevocationEvent(value: unknown): RevocationEvent | undefined {
  const event: JsonObject | undefined = objectOf(value)
  const issuedBeforeMs = timeOf(event?.issued_before)
  if (event === undefined || issuedBeforeMs === undefined) return undefined
  return {
    auditId: stringOf(event.audit_id),
    auditChainId: stringOf(event.audit_chain_id),
    userId: stringOf(event.user_id),
    projectId: stringOf(event.project_id),
    domainId: stringOf(event.domain_id),
    trustId: stringOf(event['OS-TRUST:trust_id']),
    issuedBeforeMs,
    revokedAtMs: timeOf(event.revoked_at) ?? issuedBeforeMs,
  }
}

/** `revoked`: certainly revoked. `suspect`: possibly revoked, so Keystone must be asked. */
export type Suspicion = 'revoked' | 'suspect' | undefined

export interface Revocations {
  match(token: RevocableTraits): Suspicion
  /** Whether all recent revocations are known. */
  readonly areKnown: boolean
}

/** Events, indexed so that a token is compared with all of them at once. Bounded. */
export class RevocationList {
  readonly #byAuditId = new Map<string, RevocationEvent>()
  readonly #byChainId = new Map<string, RevocationEvent>()
  #broad: RevocationEvent[] = []
  /** Tokens issued before this time are suspect, since events about some of them were dropped. */
  #horizonMs = Number.NEGATIVE_INFINITY

  get size(): number {
    return this.#byAuditId.size + this.#byChainId.size + this.#broad.length
  }

  add(event: RevocationEvent): void {
    if (event.auditId !== undefined) this.#index(this.#byAuditId, event.auditId, event)
    else if (event.auditChainId !== undefined) {
      this.#index(this.#byChainId, event.auditChainId, event)
    } else {
      this.#broad.push(event)
      if (this.#broad.length > BROAD_EVENTS_MAX) this.#forget(this.#broad.shift())
    }
  }

  /** Makes all tokens issued until then suspect. */
  suspectUntil(timeMs: number): void {
    this.#horizonMs = Math.max(this.#horizonMs, timeMs)
  }

  /** Drops events older than every cached token. */
  dropRevokedBefore(timeMs: number): void {
    const isOld = (event: RevocationEvent) => event.revokedAtMs < timeMs
    for (const index of [this.#byAuditId, this.#byChainId]) {
      for (const [id, event] of index) if (isOld(event)) index.delete(id)
    }
    this.#broad = this.#broad.filter((event) => !isOld(event))
  }

  match(token: RevocableTraits): Suspicion {
    const { auditId, auditChainId } = token
    if (auditId !== undefined && this.#byAuditId.has(auditId)) return 'revoked'
    if (auditChainId !== undefined && this.#byChainId.has(auditChainId)) return 'revoked'
    if (token.issuedAtMs <= this.#horizonMs) return 'suspect'
    return this.#broad.some((event) => isAbout(event, token)) ? 'suspect' : undefined
  }

  #index(index: Map<string, RevocationEvent>, id: string, event: RevocationEvent): void {
    index.set(id, event)
    if (index.size <= EVENTS_MAX) return
    for (const [oldest, forgotten] of index) {
      index.delete(oldest)
      this.#forget(forgotten)
      return
    }
  }

  #forget(event: RevocationEvent | undefined): void {
    if (event !== undefined) this.suspectUntil(event.issuedBeforeMs)
  }
}

function isAbout(event: RevocationEvent, token: RevocableTraits): boolean {
  return (
    token.issuedAtMs <= event.issuedBeforeMs &&
    (event.userId === undefined || token.userIds.includes(event.userId)) &&
    (event.projectId === undefined || token.projectId === event.projectId) &&
    (event.domainId === undefined || token.domainIds.includes(event.domainId)) &&
    (event.trustId === undefined || token.trustId === event.trustId)
  )
}
