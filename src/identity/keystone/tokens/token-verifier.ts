import type { Clock } from '../../../cache/clock.ts'
import { IdentityUnavailableError, UnauthorizedError } from '../../errors.ts'
import type { Identity, ServiceIdentity } from '../../request-context.ts'
import { CallSlots } from '../call-slots.ts'
import type { OutageLog } from '../log.ts'
import type { KeystoneParts } from '../login/ask-as-service.ts'
import type { RevocationList, Revocations } from '../revocation/list.ts'
import type { RevocableTraits } from '../revocation/traits.ts'
import { type AccessRules, compileAccessRules } from './access-rules.ts'
import { isCanonical, tokenOf } from './canonical-token.ts'
import { FailureBuckets } from './failure-buckets.ts'
import type { JwsCheck } from './jws-check.ts'
import type { SharedTokenCache } from './shared-token-cache.ts'
import type { TokenBody } from './token-body.ts'
import { TokenCache, tokenKey } from './token-cache.ts'
import { type Validation, validateToken } from './validation.ts'

const VALID_TOKENS_MAX = 10_000
const INVALID_TOKENS_MAX = 10_000
/** Short, as a token of a disabled project is valid again when the project is. */
const INVALID_TOKEN_TIME_MS = 10_000
/** Of all processes of a machine together, as those that wait: Keystone has to do with all. */
const CALLS_IN_FLIGHT_MAX = 32
const CALLS_WAITING_MAX = 256
/** However many processes there are. */
const CALLS_IN_FLIGHT_MIN = 2
const CALLS_WAITING_MIN = 16
/** Of one address: never all of the calls, which a slow Keystone would keep others waiting for. */
const ADDRESS_SHARE = 1 / 2
/** Of an address that brings one invalid token after the other. */
const SUSPECT_SHARE = 1 / 8

/** What is kept of a valid token. */
export interface ValidToken {
  /** Undefined: not scoped to a project. */
  readonly identity: Identity | undefined
  readonly accessRules: AccessRules | undefined
  readonly service: ServiceIdentity
  readonly traits: RevocableTraits
  /** Where it is kept in memcached, too. */
  readonly sharedKey: string | undefined
}

export interface TokenUse {
  /** As `addressGroup` has it; asked for only when the token is not known. */
  addressOf(): string
  /** Whether an expired token will do, as Keystone allows it for some time. */
  readonly allowExpired: boolean
}

export interface TokenVerifierParts extends KeystoneParts {
  readonly clock: Clock
  readonly outages: OutageLog
  readonly requestTimeoutMs: number
  readonly processes: number
  readonly cacheTimeMs: number
  /** How long a token that comes from memcached is kept: it has been there for a while. */
  readonly sharedCacheTimeMs: number
  readonly shared: SharedTokenCache | undefined
  readonly revocations: Revocations
  readonly jws: JwsCheck | undefined
}

/** Finds out what a token is worth: by memory, by memcached, by Keystone. */
export class TokenVerifier {
  readonly #parts: TokenVerifierParts
  readonly #failures: FailureBuckets
  readonly #slots: CallSlots
  readonly #valid: TokenCache<ValidToken>
  readonly #invalid: TokenCache<true>
  readonly #underway = new Map<string, Promise<ValidToken>>()
  /** How often something was revoked. */
  #revocations = 0

  constructor(parts: TokenVerifierParts) {
    const { clock, cacheTimeMs, processes } = parts
    this.#parts = parts
    const failures = new FailureBuckets(clock)
    this.#failures = failures
    this.#slots = callSlots(processes, failures)
    this.#valid = new TokenCache({
      ...{ clock, entriesMax: VALID_TOKENS_MAX, cacheTimeMs },
      idOf: ({ traits }) => traits.auditId,
    })
    // Apart, so that forged tokens cannot push valid ones out.
    const forInvalid = { entriesMax: INVALID_TOKENS_MAX, cacheTimeMs: INVALID_TOKEN_TIME_MS }
    this.#invalid = new TokenCache({ clock, ...forInvalid })
  }

  /**
   * A token that this process remembers; undefined where others have to be asked.
   *
   * @param header the raw header
   * @throws UnauthorizedError
   */
  known(header: string | undefined, allowExpired: boolean): ValidToken | undefined {
    const token = tokenOf(header)
    const key = tokenKey(token)
    const useKey = allowExpired ? expiredKey(key) : key
    const known = this.#valid.get(key) ?? (allowExpired ? this.#valid.get(useKey) : undefined)
    if (known !== undefined) return known
    // Only now, as whatever is known has been checked before.
    if (!isCanonical(token) || this.#invalid.get(useKey)) throw new UnauthorizedError()
    return undefined
  }

  /**
   * @param header the raw header
   * @throws (rejects with) UnauthorizedError or IdentityUnavailableError
   */
  async verify(header: string | undefined, use: TokenUse): Promise<ValidToken> {
    const known = this.known(header, use.allowExpired)
    if (known !== undefined) return known
    const token = tokenOf(header)
    const key = tokenKey(token)
    return this.#verifyOnce(use.allowExpired ? expiredKey(key) : key, token, use)
  }

  /** Forgets tokens that events are about, here and in memcached. */
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

  /** However many requests bring one new token, Keystone is asked once. */
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

  /**
   * What memcached has of a token is good unless something was revoked that may concern it. Its age
   * is unknown: who can write there may have put back an old entry. So it counts only while all is
   * known that was revoked.
   */
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
    // Keystone may have answered before what we were told of meanwhile.
    if (this.#revocations !== revocationsBefore && this.#isSuspect(body)) return valid
    if (isOver) {
      this.#valid.set(useKey, valid, Number.POSITIVE_INFINITY)
    } else {
      this.#valid.set(tokenKey(token), valid, body.expiresAt)
      void shared?.set(token, found)
    }
    return valid
  }

  /** Waits for its turn and for Keystone, no longer than `requestTimeoutMs` for both. */
  #validate(token: string, { addressOf, allowExpired }: TokenUse): Promise<Validation | undefined> {
    const { outages, requestTimeoutMs } = this.#parts
    const address = addressOf()
    const deadlineMs = performance.now() + requestTimeoutMs
    return this.#slots.run(address, async () => {
      // That too many wait is no fault of Keystone.
      if (performance.now() >= deadlineMs) throw new IdentityUnavailableError('waited too long')
      try {
        const found = await validateToken(this.#parts, { token, allowExpired, deadlineMs })
        outages.succeeded()
        if (found === undefined) this.#failures.take(address)
        return found
      } catch (error) {
        if (error instanceof IdentityUnavailableError) outages.failed(error.message)
        throw error
      }
    })
  }

  /** Keystone's own caches go on honouring a revoked token for a while. */
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

function callSlots(processes: number, failures: FailureBuckets): CallSlots {
  const slots = Math.max(CALLS_IN_FLIGHT_MIN, Math.floor(CALLS_IN_FLIGHT_MAX / processes))
  const waiting = Math.max(CALLS_WAITING_MIN, Math.floor(CALLS_WAITING_MAX / processes))
  const part = (of: number, share: number) => Math.max(1, Math.floor(of * share))
  const share = { slots: part(slots, ADDRESS_SHARE), waiting }
  const suspectShare = { slots: part(slots, SUSPECT_SHARE), waiting: part(waiting, SUSPECT_SHARE) }
  return new CallSlots({
    slots,
    waitingMax: waiting,
    shareOf: (address) => (failures.isEmpty(address) ? suspectShare : share),
  })
}

/** Where what holds only for those who may bring expired tokens is kept. */
function expiredKey(key: string): string {
  return `${key} allow_expired`
}
