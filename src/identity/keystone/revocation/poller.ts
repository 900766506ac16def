import type { Clock } from '../../../cache/clock.ts'
import { IdentityUnavailableError } from '../../errors.ts'
import { arrayOf, parseJsonObject } from '../json.ts'
import type { KeystoneLog } from '../log.ts'
import { askAsService, type KeystoneParts } from '../login/ask-as-service.ts'
import { parseRevocationEvent, RevocationList } from './list.ts'

export const REVOCATION_POLL_INTERVAL_MS = 10_000

/** Events are asked for once more so long after: Keystone's hosts have clocks of their own. */
const OVERLAP_MS = 60_000

export interface RevocationPollerParts extends KeystoneParts {
  readonly clock: Clock
  readonly log: KeystoneLog
  readonly requestTimeoutMs: number
  /** The longest that anybody remembers a token for. */
  readonly cacheTimeMs: number
  /** Told of events that are new. */
  onRevoked(events: RevocationList): void
}

/** Asks Keystone every ten seconds what has been revoked. While it cannot, tokens are remembered
 * for their full caching time. */
export class RevocationPoller {
  /** Whatever may still concern a remembered token. */
  readonly events = new RevocationList()
  readonly #parts: RevocationPollerParts
  /** The events of the last answers, as text, so that one that comes again is not news. */
  #known: ReadonlySet<string> = new Set()
  #sinceMs: number
  #timer: NodeJS.Timeout | undefined
  #isFailing = false
  #isClosed = false

  constructor(parts: RevocationPollerParts) {
    this.#parts = parts
    this.#sinceMs = parts.clock.wallMs() - parts.cacheTimeMs
  }

  /** Asks once, and from then on by itself. Never rejects. */
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
    const { log } = this.#parts
    try {
      this.#take(await this.#ask())
      if (this.#isFailing) log.info({}, 'Keystone tells of revoked tokens again')
      this.#isFailing = false
    } catch (error) {
      if (!(error instanceof IdentityUnavailableError)) throw error
      if (!this.#isFailing && !this.#isClosed) {
        log.warn({ reason: error.message }, 'Keystone does not tell which tokens are revoked')
      }
      this.#isFailing = true
    }
  }

  async #ask(): Promise<readonly unknown[]> {
    const deadlineMs = performance.now() + this.#parts.requestTimeoutMs
    const since = new Date(this.#sinceMs - OVERLAP_MS).toISOString()
    const question = { path: `/OS-REVOKE/events?since=${encodeURIComponent(since)}` }
    const { status, body } = await askAsService(this.#parts, question, deadlineMs)
    const events = status === 200 ? arrayOf(parseJsonObject(body)?.events) : undefined
    if (events === undefined) throw new IdentityUnavailableError(`Keystone answered ${status}`)
    return events
  }

  #take(answered: readonly unknown[]): void {
    const { clock, cacheTimeMs, onRevoked } = this.#parts
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
    this.events.dropRevokedBefore(clock.wallMs() - cacheTimeMs - OVERLAP_MS)
    if (news.size > 0) onRevoked(news)
  }
}
