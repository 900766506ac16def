import type { Clock } from '../../../cache/clock.ts'
import { IdentityUnavailableError } from '../../errors.ts'
import { AnswerTooLongError } from '../http-client.ts'
import { arrayOf, parseJsonObject } from '../json.ts'
import type { KeystoneLog } from '../log.ts'
import { askAsService, type KeystoneParts } from '../login/ask-as-service.ts'
import { parseRevocationEvent, RevocationList, type Revocations, type Suspicion } from './list.ts'
import type { RevocableTraits } from './traits.ts'

export const REVOCATION_POLL_INTERVAL_MS = 10_000

/** Milliseconds before the last poll from which events are read again, since the clocks of
 * Keystone's hosts differ. */
const OVERLAP_MS = 60_000

export interface RevocationPollerParts extends KeystoneParts {
  readonly clock: Clock
  readonly log: KeystoneLog
  readonly requestTimeoutMs: number
  /** Milliseconds for which this process caches a token. */
  readonly cacheTimeMs: number
  /** Whether memcached is also used. Its entries may be as old as tokens can be. */
  readonly isShared: boolean
  /** Called with new events. */
  onRevoked(events: RevocationList): void
}

/** Polls Keystone's revocation events every ten seconds. While that fails, this process trusts
 * cached tokens for their full caching time. */
export class RevocationPoller implements Revocations {
  /** Events that may concern a cached token. With memcached these are all events in Keystone, which
   * keeps each until the last token that it concerns has expired. */
  readonly events = new RevocationList()
  readonly #parts: RevocationPollerParts
  /** The events of the last answer as JSON, to recognise repeated ones. */
  #known: ReadonlySet<string> = new Set()
  #sinceMs: number
  #askedAtMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #isFailing = false
  #isClosed = false

  constructor(parts: RevocationPollerParts) {
    this.#parts = parts
    this.#sinceMs = parts.clock.wallMs() - this.#keptForMs
  }

  match(token: RevocableTraits): Suspicion {
    return this.events.match(token)
  }

  /** True for one caching time after the last answer, but at least for three polls, so that one may
   * fail. */
  get areKnown(): boolean {
    const { clock, cacheTimeMs } = this.#parts
    const knownForMs = Math.max(cacheTimeMs, 3 * REVOCATION_POLL_INTERVAL_MS)
    return clock.monotonicMs() - this.#askedAtMs <= knownForMs
  }

  /** Polls now and periodically. Never rejects. */
  async start(): Promise<void> {
    await this.poll()
    if (this.#isClosed) return
    this.#timer = setTimeout(() => this.start(), REVOCATION_POLL_INTERVAL_MS)
    this.#timer.unref()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async poll(): Promise<void> {
    const { clock, log } = this.#parts
    const askedAtMs = clock.monotonicMs()
    try {
      this.#take(await this.#ask())
      this.#askedAtMs = askedAtMs
      if (this.#isFailing) log.info({}, 'revocation events can be read again')
      this.#isFailing = false
    } catch (error) {
      if (!(error instanceof IdentityUnavailableError)) throw error
      if (error.cause instanceof AnswerTooLongError) this.#suspectAll()
      if (!this.#isFailing && !this.#isClosed) {
        log.warn({ reason: error.message }, "cannot read Keystone's revocation events")
      }
      this.#isFailing = true
    }
  }

  async #ask(): Promise<readonly unknown[]> {
    const deadlineMs = performance.now() + this.#parts.requestTimeoutMs
    const path = `/OS-REVOKE/events${sinceQuery(this.#sinceMs)}`
    const { status, body } = await askAsService(this.#parts, { path }, deadlineMs)
    const events = status === 200 ? arrayOf(parseJsonObject(body)?.events) : undefined
    if (events === undefined) throw new IdentityUnavailableError(`Keystone answered ${status}`)
    return events
  }

  #take(answered: readonly unknown[]): void {
    const { clock, onRevoked } = this.#parts
    const known = new Set<string>()
    const news = new RevocationList()
    let newestMs = this.#sinceMs
    for (const value of answered) {
      const event = parseRevocationEvent(value)
      const text = JSON.stringify(value)
      known.add(text)
      if (event === undefined || this.#known.has(text)) continue
      news.add(event)
      this.events.add(event)
      newestMs = Math.max(newestMs, event.revokedAtMs)
    }
    this.#known = known
    this.#sinceMs = Math.min(newestMs, clock.wallMs())
    this.events.dropRevokedBefore(clock.wallMs() - this.#keptForMs - OVERLAP_MS)
    if (news.size > 0) onRevoked(news)
  }

  /** Keystone has more events than one answer may have. */
  #suspectAll(): void {
    const { clock, onRevoked } = this.#parts
    this.#sinceMs = clock.wallMs()
    const news = new RevocationList()
    for (const list of [news, this.events]) list.suspectUntil(this.#sinceMs)
    onRevoked(news)
  }

  get #keptForMs(): number {
    const { cacheTimeMs, isShared } = this.#parts
    return isShared ? Number.POSITIVE_INFINITY : cacheTimeMs
  }
}

function sinceQuery(timeMs: number): string {
  if (timeMs === Number.NEGATIVE_INFINITY) return ''
  return `?since=${encodeURIComponent(new Date(timeMs - OVERLAP_MS).toISOString())}`
}
