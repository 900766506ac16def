import type { Clock } from '../../../cache/clock.ts'
import { UnauthorizedError } from '../../errors.ts'
import type { Identity, ServiceIdentity } from '../../request-context.ts'
import type { CallLimits } from '../call-limits.ts'
import type { KeystoneCalls } from '../keystone-calls.ts'
import type { KeystoneParts } from '../login/ask-as-service.ts'
import type { RevocationList, Revocations } from '../revocation/list.ts'
import type { RevocableTraits } from '../revocation/traits.ts'
import { type AccessRules, compileAccessRules } from './access-rules.ts'
import { isCanonical, tokenOf } from './canonical-token.ts'
import type { JwsCheck } from './jws-check.ts'
import type { SharedTokenCache } from './shared-token-cache.ts'
import type { TokenBody } from './token-body.ts'
import { TokenCache, tokenKey } from './token-cache.ts'
import { type Validation, validateToken } from './validation.ts'

const VALID_TOKENS_MAX = 10_000
const INVALID_TOKENS_MAX = 10_000
/** Milliseconds for which an invalid token is cached. Short, since a token of a disabled project
 * becomes valid again with the project. */
const INVALID_TOKEN_TIME_MS = 10_000

/** The cached data of a valid token. */
export interface ValidToken {
  /** Undefined if the token is not scoped to a project. */
  readonly identity: Identity | undefined
  readonly accessRules: AccessRules | undefined
  readonly service: ServiceIdentity
  readonly traits: RevocableTraits
  /** Key of its entry in memcached. */
  readonly sharedKey: string | undefined
}

export interface TokenUse {
  /** The client's `addressGroup`. Called only if the token is unknown. */
  addressOf(): string
  /** Whether a token that expired within Keystone's `allow_expired_window` is accepted. */
  readonly allowExpired: boolean
}

export interface TokenVerifierParts extends KeystoneParts {
  readonly clock: Clock
  readonly requestTimeoutMs: number
  readonly limits: CallLimits
  readonly calls: KeystoneCalls
  readonly cacheTimeMs: number
  /** Caching time of tokens read from memcached, which were cached there before. */
  readonly sharedCacheTimeMs: number
  readonly shared: SharedTokenCache | undefined
  readonly revocations: Revocations
  readonly jws: JwsCheck | undefined
}

/** Validates tokens: from this process's cache, from memcached, or by Keystone. */
export class TokenVerifier {
  readonly #parts: TokenVerifierParts
  readonly #valid: TokenCache<ValidToken>
  readonly #invalid: TokenCache<true>
  readonly #underway = new Map<string, Promise<ValidToken>>()
  /** Count of revocations, to notice one during a call. */
  #revocations = 0

  constructor(parts: TokenVerifierParts) {
    const { clock, cacheTimeMs } = parts
    this.#parts = parts
    this.#valid = new TokenCache({
      ...{ clock, entriesMax: VALID_TOKENS_MAX, cacheTimeMs },
      idOf: ({ traits }) => traits.auditId,
    })
    // Separate, so that forged tokens cannot evict valid ones.
    const forInvalid = { entriesMax: INVALID_TOKENS_MAX, cacheTimeMs: INVALID_TOKEN_TIME_MS }
    this.#invalid = new TokenCache({ clock, ...forInvalid })
  }

  /**
   * A token that this process has cached, else undefined.
   *
   * @throws UnauthorizedError
   */
  known(header: string | undefined, allowExpired: boolean): ValidToken | undefined {
    const token = tokenOf(header)
    const key = tokenKey(token)
    const useKey = allowExpired ? expiredKey(key) : key
    const known = this.#valid.get(key) ?? (allowExpired ? this.#valid.get(useKey) : undefined)
    if (known !== undefined) return known
    // Only unknown tokens need this check. Cached ones have passed it.
    if (!isCanonical(token) || this.#invalid.get(useKey)) throw new UnauthorizedError()
    return undefined
  }

  /** @throws UnauthorizedError or IdentityUnavailableError */
  async verify(header: string | undefined, use: TokenUse): Promise<ValidToken> {
    const known = this.known(header, use.allowExpired)
    if (known !== undefined) return known
    const token = tokenOf(header)
    const key = tokenKey(token)
    return this.#verifyOnce(use.allowExpired ? expiredKey(key) : key, token, use)
  }

  /** Forgets revoked and suspect tokens, here and in memcached. */
  revoke(events: RevocationList): void {
    const { shared } = this.#parts
    this.#revocations++
    this.#valid.deleteWhere(({ traits, sharedKey }) => {
      const isMeant = events.match(traits) !== undefined
      if (isMeant && sharedKey !== undefined) void shared?.delete(sharedKey)
      return isMeant
    })
  }

  close(): void {
    this.#valid.clear()
    this.#invalid.clear()
  }

  /** Concurrent requests with the same new token share a validation. */
  #verifyOnce(useKey: string, token: string, use: TokenUse): Promise<ValidToken> {
    let verification = this.#underway.get(useKey)
    if (verification === undefined) {
      verification = this.#find(useKey, token, use).finally(() => this.#underway.delete(useKey))
      this.#underway.set(useKey, verification)
    }
    return verification
  }

  async #find(useKey: string, token: string, use: TokenUse): Promise<ValidToken> {
    if ((await this.#parts.jws?.isForged(token, use.allowExpired)) === true) {
      return this.#refuse(useKey)
    }
    const shared = use.allowExpired ? undefined : await this.#findShared(token)
    return shared ?? (await this.#ask(useKey, token, use))
  }

  /** A token in memcached is accepted unless it is suspect, and only while revocations are known.
   * Otherwise someone with access to the server could put back an old entry. */
  async #findShared(token: string): Promise<ValidToken | undefined> {
    const { shared, sharedCacheTimeMs, revocations } = this.#parts
    if (!revocations.areKnown) return undefined
    const body = await shared?.get(token)
    if (body === undefined || this.#isSuspect(body)) return undefined
    const valid = this.#validToken(token, body)
    this.#valid.set(tokenKey(token), valid, body.expiresAt, sharedCacheTimeMs)
    return valid
  }

  async #ask(useKey: string, token: string, use: TokenUse): Promise<ValidToken> {
    const { clock, shared } = this.#parts
    const revocationsBefore = this.#revocations
    const found = await this.#validate(token, use)
    if (found === undefined || this.#isRevoked(found.body)) return this.#refuse(useKey)
    const { body } = found
    const isOver = body.expiresAt <= clock.wallMs()
    if (isOver && !use.allowExpired) return this.#refuse(useKey)
    const valid = this.#validToken(token, body)
    // Keystone may have answered before a revocation that was polled during the call.
    if (this.#revocations !== revocationsBefore && this.#isSuspect(body)) return valid
    if (isOver) {
      this.#valid.set(useKey, valid, Number.POSITIVE_INFINITY)
    } else {
      this.#valid.set(tokenKey(token), valid, body.expiresAt)
      void shared?.set(token, found)
    }
    return valid
  }

  /** Waits at most `requestTimeoutMs` for a slot and for Keystone. */
  #validate(token: string, { addressOf, allowExpired }: TokenUse): Promise<Validation | undefined> {
    const { calls, requestTimeoutMs, limits } = this.#parts
    const address = addressOf()
    const deadlineMs = performance.now() + requestTimeoutMs
    return calls.run(address, deadlineMs, async () => {
      const found = await validateToken(this.#parts, { token, allowExpired, deadlineMs })
      if (found === undefined) limits.failed(address)
      return found
    })
  }

  /** Whether a valid answer is outdated: Keystone's caches accept a revoked token for a while. */
  #isRevoked(body: TokenBody): boolean {
    return this.#parts.revocations.match(body.traits) === 'revoked'
  }

  #isSuspect(body: TokenBody): boolean {
    return this.#parts.revocations.match(body.traits) !== undefined
  }

  #validToken(token: string, body: TokenBody): ValidToken {
    const { shared } = this.#parts
    return {
      identity: body.identity,
      accessRules: body.accessRules && compileAccessRules(body.accessRules),
      service: body.service,
      traits: body.traits,
      sharedKey: shared?.keyOf(token),
    }
  }

  #refuse(useKey: string): never {
    this.#invalid.set(useKey, true, Number.POSITIVE_INFINITY)
    throw new UnauthorizedError()
  }
}

/** Cache key of a token that may be accepted after its expiry, since a trusted service passes it
 * on. */
function expiredKey(key: string): string {
  return `${key} allow_expired`
}
