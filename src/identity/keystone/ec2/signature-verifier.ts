import type { Clock } from '../../../cache/clock.ts'
import { GenerationalCache } from '../../../cache/generational-cache.ts'
import { ForbiddenScopeError, IdentityUnavailableError } from '../../errors.ts'
import type { Identity } from '../../request-context.ts'
import type { Signatures, SignedOrigin } from '../../signatures.ts'
import { basicDate, readClaim, type SignatureClaim, type SignedRequest } from '../../sigv4/claim.ts'
import { SignatureError } from '../../sigv4/signature-error.ts'
import { SigningKey } from '../../sigv4/signing-key.ts'
import type { CallLimits } from '../call-limits.ts'
import type { RevocationList, Revocations } from '../revocation/list.ts'
import { TokenCache } from '../tokens/token-cache.ts'
import { Confirmations, confirmationOf } from './confirmations.ts'
import type { Ec2Keystone, SignedCall } from './ec2-keystone.ts'
import { type Confirmation, KnownKey } from './known-key.ts'
import type { SecretAccess } from './secret-access.ts'

const KNOWN_KEYS_MAX = 10_000
const UNKNOWN_KEYS_MAX = 10_000
/** Short, since a key may have been used a moment before it was created. */
const UNKNOWN_KEY_TIME_MS = 10_000
/** Between two looks whether the secret of a key has changed, after a signature that is not of the
 * one that is known. */
const RENEWAL_INTERVAL_MS = 1_000
/** Before midnight, the signing keys of the next day are derived ahead of their first use. */
const AHEAD_MS = 10 * 60 * 1_000

export interface SignatureVerifierParts {
  readonly keystone: Ec2Keystone
  readonly secrets: SecretAccess
  readonly limits: CallLimits
  readonly clock: Clock
  readonly revocations: Revocations
  readonly requestTimeoutMs: number
  readonly cacheTimeMs: number
  readonly outageTimeMs: number
  /** Type in the catalog that access rules must name. */
  readonly serviceType: string
  addressOf(origin: SignedOrigin): string
}

/**
 * Verifies signatures: by itself where Keystone lets it read secrets, and through Keystone
 * otherwise.
 */
export class SignatureVerifier implements Signatures {
  readonly #parts: SignatureVerifierParts
  readonly #confirmations: Confirmations
  readonly #keys = new GenerationalCache<KnownKey>(KNOWN_KEYS_MAX)
  readonly #unknown: TokenCache<true>

  constructor(parts: SignatureVerifierParts) {
    this.#parts = parts
    const { clock } = parts
    this.#confirmations = new Confirmations({
      ...parts,
      onConfirmed: (key, call) => void this.#deriveAhead(key, call),
    })
    // Separate, so that invented keys cannot evict known ones.
    const forUnknown = { entriesMax: UNKNOWN_KEYS_MAX, cacheTimeMs: UNKNOWN_KEY_TIME_MS }
    this.#unknown = new TokenCache({ clock, ...forUnknown })
  }

  projectOf(accessKey: string, origin: SignedOrigin): string | undefined {
    const { limits, addressOf } = this.#parts
    const known = this.#keys.get(accessKey)
    if (known === undefined || limits.isSuspect(addressOf(origin))) return undefined
    return known.projectId
  }

  read(authorization: string, request: SignedRequest): SignatureClaim {
    return readClaim(authorization, request, this.#parts.clock.wallMs())
  }

  admitBody({ accessKey }: SignatureClaim, origin: SignedOrigin): string | undefined {
    if (this.#unknown.get(accessKey)) throw unknownKey()
    const { limits, addressOf } = this.#parts
    if (!this.#keys.has(accessKey) && limits.isSuspect(addressOf(origin))) {
      throw new IdentityUnavailableError('too many invalid signatures of one address')
    }
    return this.projectOf(accessKey, origin)
  }

  async verify(
    claim: SignatureClaim,
    payloadHash: string,
    origin: SignedOrigin,
  ): Promise<Identity> {
    if (this.#unknown.get(claim.accessKey)) throw unknownKey()
    const { addressOf, requestTimeoutMs } = this.#parts
    const call: SignedCall = {
      claim,
      payloadHash,
      addressOf: () => addressOf(origin),
      deadlineMs: performance.now() + requestTimeoutMs,
    }
    try {
      return this.#admit(await this.#confirmed(call))
    } catch (error) {
      if (error instanceof SignatureError) this.failed(origin)
      throw error
    }
  }

  failed(origin: SignedOrigin): void {
    const { limits, addressOf } = this.#parts
    limits.failed(addressOf(origin))
  }

  /** Forgets keys whose owners are concerned. */
  revoke(events: RevocationList): void {
    this.#confirmations.noteRevocations()
    this.#keys.deleteWhere(
      ({ confirmation }) =>
        confirmation !== undefined && events.match(confirmation.traits) !== undefined,
    )
  }

  close(): void {
    this.#keys.clear()
    this.#unknown.clear()
  }

  async #confirmed(call: SignedCall): Promise<Confirmation> {
    const { claim, payloadHash } = call
    const known = this.#keys.get(claim.accessKey)
    const signingKey = known?.signingKey(claim.day, claim.region)
    if (known === undefined || signingKey === undefined) return this.#confirmedBySecret(call)
    if (signingKey.hasSigned(claim, payloadHash)) return this.#current(known, call)
    this.#renew(known, claim.accessKey)
    return this.#confirmedBySecret(call)
  }

  /** Begins to look whether the secret has changed. @throws SignatureError if it was just done */
  #renew(known: KnownKey, accessKey: string): void {
    const { clock, keystone } = this.#parts
    const nowMs = clock.monotonicMs()
    const isRecent = nowMs - known.renewedAtMs < RENEWAL_INTERVAL_MS
    if (isRecent && !keystone.isReading(accessKey)) throw mismatch()
    known.renewedAtMs = nowMs
  }

  /** By the secret that Keystone has now, or through Keystone if it may not be read. */
  async #confirmedBySecret(call: SignedCall): Promise<Confirmation> {
    const { keystone, secrets } = this.#parts
    const { claim, payloadHash } = call
    const { accessKey, day, region } = claim
    const credential = secrets.mayTry ? await keystone.credential(call) : 'untried'
    if (credential === 'absent') throw this.#forget(accessKey)
    if (typeof credential === 'string') {
      this.#keys.get(accessKey)?.forget()
      const confirmation = await this.#throughKeystone(call)
      // Of a key that is not there it may be said as well.
      if (credential === 'denied') secrets.denied()
      return confirmation
    }
    secrets.granted()
    const { secret, projectId } = credential
    if (!SigningKey.derive(secret, day, region).hasSigned(claim, payloadHash)) throw mismatch()
    const key = this.#keyOf(accessKey, projectId)
    key.learn(secret, day, region)
    return this.#current(key, call)
  }

  async #current(key: KnownKey, call: SignedCall): Promise<Confirmation> {
    try {
      return await this.#confirmations.current(key, call)
    } catch (error) {
      if (error instanceof SignatureError) this.#keys.delete(call.claim.accessKey)
      throw error
    }
  }

  async #throughKeystone(call: SignedCall): Promise<Confirmation> {
    const { keystone, clock } = this.#parts
    const { accessKey } = call.claim
    const atMs = clock.monotonicMs()
    const body = await keystone.validate(call)
    if (body === 'unknown_key') throw this.#forget(accessKey)
    if (body === 'invalid') throw mismatch()
    if (body.identity !== undefined) this.#keyOf(accessKey, body.identity.projectId)
    return confirmationOf(body, atMs)
  }

  #keyOf(accessKey: string, projectId: string): KnownKey {
    const known = this.#keys.get(accessKey)
    if (known?.projectId === projectId) return known
    const key = new KnownKey(projectId)
    this.#keys.set(accessKey, key)
    return key
  }

  #forget(accessKey: string): SignatureError {
    this.#unknown.set(accessKey, true, Number.POSITIVE_INFINITY)
    this.#keys.delete(accessKey)
    return unknownKey()
  }

  /** So that not all keys are read at midnight. */
  async #deriveAhead(key: KnownKey, call: SignedCall): Promise<void> {
    const { clock, keystone, secrets } = this.#parts
    const { day, region } = call.claim
    const nextDay = basicDate(clock.wallMs() + AHEAD_MS).slice(0, day.length)
    const isKept = key.signingKey(nextDay, region) !== undefined
    // Where requests go through Keystone there is no signing key of this day either.
    if (isKept || key.signingKey(day, region) === undefined || !secrets.mayTry) return
    const credential = await keystone.credential(call).catch(() => 'unanswered' as const)
    if (typeof credential !== 'string') key.learn(credential.secret, nextDay, region)
  }

  #admit({ identity, accessRules }: Confirmation): Identity {
    if (identity === undefined) throw new ForbiddenScopeError()
    if (accessRules?.allows(this.#parts.serviceType, 'POST', '/') === false) throw unknownKey()
    return identity
  }
}

function mismatch(): SignatureError {
  return new SignatureError({ is: 'mismatch' })
}

function unknownKey(): SignatureError {
  return new SignatureError({ is: 'key_unknown' })
}
