import type { Clock } from '../../../cache/clock.ts'
import { IdentityUnavailableError } from '../../errors.ts'
import { SignatureError } from '../../sigv4/signature-error.ts'
import type { Revocations } from '../revocation/list.ts'
import { compileAccessRules } from '../tokens/access-rules.ts'
import type { TokenBody } from '../tokens/token-body.ts'
import type { Ec2Keystone, SignedCall } from './ec2-keystone.ts'
import type { Confirmation, KnownKey } from './known-key.ts'

/** Share of the caching time after which Keystone is asked again, in the background. */
const REFRESH_AT_SHARE = 3 / 4
/** Milliseconds after a failed call until Keystone is asked again. */
const RETRY_AFTER_FAILURE_MS = 5_000

export interface ConfirmationsParts {
  readonly keystone: Ec2Keystone
  readonly clock: Clock
  readonly revocations: Revocations
  /** Milliseconds for which a confirmation is valid. */
  readonly cacheTimeMs: number
  /** Milliseconds for which it is valid while Keystone does not answer. */
  readonly outageTimeMs: number
  /** Called after each confirmation, with the request that caused it. */
  onConfirmed(key: KnownKey, call: SignedCall): void
}

/**
 * Asks Keystone whether an access key is still valid, and for its user, project and roles. Only
 * this shows that a user or project was disabled, a role removed or a credential deleted. Each call
 * needs a validly signed request.
 */
export class Confirmations {
  readonly #parts: ConfirmationsParts
  /** Revocations so far, to notice one during a call. */
  #revocations = 0

  constructor(parts: ConfirmationsParts) {
    this.#parts = parts
  }

  /** Call after a report of revocations. */
  noteRevocations(): void {
    this.#revocations++
  }

  /** The cached confirmation, unless it is old enough to be renewed. */
  fresh({ confirmation }: KnownKey): Confirmation | undefined {
    const isFresh = this.#ageMs(confirmation) < this.#parts.cacheTimeMs * REFRESH_AT_SHARE
    return isFresh ? confirmation : undefined
  }

  /**
   * A confirmation that is still valid, from the cache or from Keystone.
   *
   * @param call a request that the key has signed
   * @throws SignatureError or IdentityUnavailableError
   */
  async current(key: KnownKey, call: SignedCall): Promise<Confirmation> {
    const fresh = this.fresh(key)
    if (fresh !== undefined) return fresh
    const { clock, cacheTimeMs, outageTimeMs } = this.#parts
    const { confirmation } = key
    const ageMs = this.#ageMs(confirmation)
    const mayAsk = clock.monotonicMs() >= key.retryAtMs
    const isUsable = confirmation !== undefined && ageMs < outageTimeMs
    if (isUsable && (ageMs < cacheTimeMs || !mayAsk)) {
      if (mayAsk) this.#confirm(key, call).catch(() => undefined)
      return confirmation
    }
    try {
      return await this.#confirm(key, call)
    } catch (error) {
      // A revocation may have removed it during the call.
      const { confirmation: left } = key
      if (this.#isOutage(error) && isUsable && left !== undefined) return left
      throw error
    }
  }

  /** `Infinity` if there is no confirmation or it has expired. */
  #ageMs(confirmation: Confirmation | undefined): number {
    const { clock } = this.#parts
    const isValid = confirmation !== undefined && clock.wallMs() < confirmation.expiresAtMs
    return isValid ? clock.monotonicMs() - confirmation.atMs : Number.POSITIVE_INFINITY
  }

  /** Concurrent requests with one key share a call. */
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
      if (this.#isOutage(error)) key.retryAtMs = clock.monotonicMs() + RETRY_AFTER_FAILURE_MS
      throw error
    }
  }

  /** Calls that the limits refused do not count: a caller can fill the limits. */
  #isOutage(error: unknown): boolean {
    return error instanceof IdentityUnavailableError && this.#parts.keystone.isAway
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
