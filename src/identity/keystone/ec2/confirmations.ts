import type { Clock } from '../../../cache/clock.ts'
import { IdentityUnavailableError } from '../../errors.ts'
import { SignatureError } from '../../sigv4/signature-error.ts'
import type { Revocations } from '../revocation/list.ts'
import { compileAccessRules } from '../tokens/access-rules.ts'
import type { TokenBody } from '../tokens/token-body.ts'
import type { Ec2Keystone, SignedCall } from './ec2-keystone.ts'
import type { Confirmation, KnownKey } from './known-key.ts'

/** Part of the caching time after which Keystone is asked in the background. */
const REFRESH_AT_SHARE = 3 / 4
/** After a call without an answer. */
const RETRY_AFTER_FAILURE_MS = 5_000

export interface ConfirmationsParts {
  readonly keystone: Ec2Keystone
  readonly clock: Clock
  readonly revocations: Revocations
  /** For which a confirmation counts. */
  readonly cacheTimeMs: number
  /** For which it counts while Keystone does not answer. */
  readonly outageTimeMs: number
  /** Called after each confirmation, with the request that caused it. */
  onConfirmed(key: KnownKey, call: SignedCall): void
}

/**
 * Whether Keystone still stands by an access key, and whose it is: the only place where a disabled
 * user or project, a removed role and a deleted credential show. Each call needs a request that is
 * validly signed.
 */
export class Confirmations {
  readonly #parts: ConfirmationsParts
  /** Revocations so far, to notice one during a call. */
  #revocations = 0

  constructor(parts: ConfirmationsParts) {
    this.#parts = parts
  }

  /** Call when revocations are known. */
  noteRevocations(): void {
    this.#revocations++
  }

  /**
   * What Keystone says of the key, or said a short time ago.
   *
   * @param call a request that the key has signed
   * @throws SignatureError or IdentityUnavailableError
   */
  async current(key: KnownKey, call: SignedCall): Promise<Confirmation> {
    const { clock, cacheTimeMs, outageTimeMs } = this.#parts
    const { confirmation } = key
    const nowMs = clock.monotonicMs()
    const isValid = confirmation !== undefined && clock.wallMs() < confirmation.expiresAtMs
    const ageMs = isValid ? nowMs - confirmation.atMs : Number.POSITIVE_INFINITY
    if (isValid && ageMs < cacheTimeMs * REFRESH_AT_SHARE) return confirmation
    const mayAsk = nowMs >= key.retryAtMs
    const isUsable = isValid && ageMs < outageTimeMs
    if (isUsable && (ageMs < cacheTimeMs || !mayAsk)) {
      if (mayAsk) this.#confirm(key, call).catch(() => undefined)
      return confirmation
    }
    try {
      return await this.#confirm(key, call)
    } catch (error) {
      const isUnanswered = error instanceof IdentityUnavailableError
      // A revocation may have taken it away meanwhile.
      if (isUnanswered && isUsable && key.confirmation !== undefined) return key.confirmation
      throw error
    }
  }

  /** Requests signed with one key share a call. */
  #confirm(key: KnownKey, call: SignedCall): Promise<Confirmation> {
    key.confirming ??= this.#ask(key, call).finally(() => {
      key.confirming = undefined
    })
    return key.confirming
  }

  async #ask(key: KnownKey, call: SignedCall): Promise<Confirmation> {
    const { keystone, clock, revocations } = this.#parts
    const before = this.#revocations
    const atMs = clock.monotonicMs()
    try {
      const body = await keystone.validate(call)
      const isRefused = typeof body === 'string' || body.identity?.projectId !== key.projectId
      if (isRefused || revocations.match(body.traits) === 'revoked') {
        key.confirmation = undefined
        throw new SignatureError({ is: 'key_unknown' })
      }
      const confirmation = confirmationOf(body, atMs)
      // Keystone may have answered before a revocation that was reported during the call.
      const isSuspect = this.#revocations !== before && revocations.match(body.traits) !== undefined
      key.confirmation = isSuspect ? undefined : confirmation
      this.#parts.onConfirmed(key, call)
      return confirmation
    } catch (error) {
      const isUnanswered = error instanceof IdentityUnavailableError
      if (isUnanswered) key.retryAtMs = clock.monotonicMs() + RETRY_AFTER_FAILURE_MS
      throw error
    }
  }
}

/** @param atMs by the monotonic clock */
export function confirmationOf(body: TokenBody, atMs: number): Confirmation {
  return {
    identity: body.identity,
    accessRules: body.accessRules && compileAccessRules(body.accessRules),
    traits: body.traits,
    expiresAtMs: body.expiresAt,
    atMs,
  }
}
