import type { Clock } from '../../../cache/clock.ts'
import { GenerationalCache } from '../../../cache/generational-cache.ts'
import { ForbiddenScopeError, IdentityUnavailableError } from '../../errors.ts'
import type { Identity } from '../../request-context.ts'
import type { BodyShare, Signatures, SignedOrigin } from '../../signatures.ts'
import { ClaimReader, type SignatureClaim, type SignedRequest } from '../../sigv4/claim.ts'
import { basicDate } from '../../sigv4/date.ts'
import { SignatureError } from '../../sigv4/signature-error.ts'
import { SigningKey } from '../../sigv4/signing-key.ts'
import type { CallLimits } from '../call-limits.ts'
import type { RevocationList, Revocations } from '../revocation/list.ts'
import { TokenCache } from '../tokens/token-cache.ts'
import { Confirmations, confirmationOf } from './confirmations.ts'
import { isCredentialRefusal } from './credential.ts'
import type { Ec2Keystone, SignedCall } from './ec2-keystone.ts'
import { type Confirmation, KnownKey } from './known-key.ts'
import type { SecretAccess } from './secret-access.ts'

const KNOWN_KEYS_MAX = 10_000
const UNKNOWN_KEYS_MAX = 10_000
/** Milliseconds for which an unknown key is refused without asking again. Short, because the key
 * may be created a moment later. */
const UNKNOWN_KEY_TIME_MS = 10_000
/** Milliseconds between two checks whether a key's secret has changed. A signature that does not
 * match the known secret causes a check. */
const RENEWAL_INTERVAL_MS = 1_000
/** Milliseconds before midnight (UTC) from which on the next day's signing keys are derived. */
const AHEAD_MS = 10 * 60 * 1_000
const DAY_CHARACTERS = 'YYYYMMDD'.length

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
 * Verifies signatures: in this process if Keystone lets it read secrets, else by calls to Keystone.
 */
export class SignatureVerifier implements Signatures {
  readonly #parts: SignatureVerifierParts
  readonly #confirmations: Confirmations
  readonly #keys = new GenerationalCache<KnownKey>(KNOWN_KEYS_MAX)
  readonly #unknown: TokenCache<true>
  readonly #claims = new ClaimReader()

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
    return this.#claims.read(authorization, request, this.#parts.clock.wallMs())
  }

  admitBody({ terms }: SignatureClaim, origin: SignedOrigin): BodyShare {
    const { accessKey } = terms
    if (this.#unknown.get(accessKey)) throw unknownKey()
    const { limits, addressOf } = this.#parts
    const address = addressOf(origin)
    const known = this.#keys.get(accessKey)
    const isSuspect = limits.isSuspect(address)
    if (known !== undefined && !isSuspect) return known.bodyShareOf(address)
    if (known === undefined && isSuspect) {
      throw new IdentityUnavailableError('too many invalid signatures of one address')
    }
    return { name: address, isStranger: true }
  }

  known(claim: SignatureClaim, payloadHash: string): Identity | undefined {
    const { accessKey, scope } = claim.terms
    const key = this.#keys.get(accessKey)
    const confirmation = key && this.#confirmations.fresh(key)
    if (confirmation === undefined) return undefined
    const isRight = key?.signingKey(scope)?.hasSigned(claim, payloadHash) === true
    return isRight ? this.#admit(confirmation) : undefined
  }

  async verify(
    claim: SignatureClaim,
    payloadHash: string,
    origin: SignedOrigin,
  ): Promise<Identity> {
    if (this.#unknown.get(claim.terms.accessKey)) throw unknownKey()
    const { requestTimeoutMs } = this.#parts
    // Not the origin, with its request: a call may go on after the answer.
    const address = this.#parts.addressOf(origin)
    const call: SignedCall = {
      claim,
      payloadHash,
      addressOf: () => address,
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

  /** Forgets the keys that the revocations concern. */
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
    const { accessKey, scope } = claim.terms
    const known = this.#keys.get(accessKey)
    const signingKey = known?.signingKey(scope)
    if (known === undefined || signingKey === undefined) return this.#confirmedBySecret(call)
    if (signingKey.hasSigned(claim, payloadHash)) return this.#current(known, call)
    this.#renew(known, call)
    return this.#confirmedBySecret(call)
  }

  /** Starts a check whether the secret has changed. @throws SignatureError if one was made just
   * now */
  #renew(known: KnownKey, call: SignedCall): void {
    const { clock, keystone, secrets } = this.#parts
    const readAs = secrets.scope
    // Keystone verifies the request.
    if (readAs === undefined) return
    const nowMs = clock.monotonicMs()
    const isRecent = nowMs - known.renewedAtMs < RENEWAL_INTERVAL_MS
    if (isRecent && !keystone.isReading(call, readAs)) throw mismatch()
    known.renewedAtMs = nowMs
  }

  /** Verifies with the current secret, or by a call to Keystone if the secret may not be read. */
  async #confirmedBySecret(call: SignedCall): Promise<Confirmation> {
    const { keystone, secrets } = this.#parts
    const { claim, payloadHash } = call
    const { accessKey, scope } = claim.terms
    const readAs = secrets.scope
    // With a token for the system a read takes Keystone long, so strangers must not cause any.
    const isStranger = readAs === 'system' && !this.#keys.has(accessKey)
    if (readAs === undefined || isStranger) return this.#throughKeystone(call)
    const credential = await keystone.credential(call, readAs)
    if (credential === 'absent') throw this.#forget(accessKey)
    if (isCredentialRefusal(credential)) {
      // Without the secret nothing was checked, so the next request need not wait.
      this.#keys.get(accessKey)?.uncheck()
      const confirmation = await this.#throughKeystone(call)
      // Only now: Keystone may answer `denied` for keys that do not exist, too.
      secrets.denied(readAs, credential)
      return confirmation
    }
    secrets.granted(readAs)
    const { secret, projectId } = credential
    // Even if this request is forged, since its check delays the next one by a second.
    this.#keys.get(accessKey)?.notice(secret)
    if (!SigningKey.derive(secret, scope).hasSigned(claim, payloadHash)) throw mismatch()
    const key = this.#keyOf(accessKey, projectId)
    key.learn(secret, scope)
    return this.#current(key, call)
  }

  async #current(key: KnownKey, call: SignedCall): Promise<Confirmation> {
    try {
      return await this.#confirmations.current(key, call)
    } catch (error) {
      if (error instanceof SignatureError) this.#keys.delete(call.claim.terms.accessKey)
      throw error
    }
  }

  async #throughKeystone(call: SignedCall): Promise<Confirmation> {
    const { keystone, clock } = this.#parts
    const { accessKey } = call.claim.terms
    const atMs = clock.monotonicMs()
    const body = await keystone.validate(call)
    if (body === 'unknown_key') throw this.#forget(accessKey)
    if (body === 'invalid') throw mismatch()
    if (body.identity !== undefined) this.#keyOf(accessKey, body.identity.projectId)
    // Its secret may have changed.
    this.#keys.get(accessKey)?.forget()
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

  /** Derives the next day's signing key, so that not all secrets are read at midnight. */
  async #deriveAhead(key: KnownKey, call: SignedCall): Promise<void> {
    const { clock, keystone, secrets } = this.#parts
    const { scope } = call.claim.terms
    const nextDay = basicDate(clock.wallMs() + AHEAD_MS).slice(0, DAY_CHARACTERS)
    const nextScope = nextDay + scope.slice(DAY_CHARACTERS)
    const isKept = key.signingKey(nextScope) !== undefined
    // If Keystone verifies the requests, there is no signing key of this day either.
    const readAs = secrets.scope
    if (isKept || key.signingKey(scope) === undefined || readAs === undefined) return
    const credential = await keystone.credential(call, readAs).catch(() => 'unanswered' as const)
    // The key exists: Keystone has just confirmed it.
    if (isCredentialRefusal(credential)) secrets.denied(readAs, credential)
    if (typeof credential === 'string') return
    secrets.granted(readAs)
    key.learn(credential.secret, nextScope)
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
