import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ec2Credential } from '../../stack/keystone-client.ts'
import { below } from '../../support/at-once.ts'
import type { HttpClient } from '../../support/http-client.ts'
import { withKeystone } from '../faulted-keystone.ts'
import { type Figure, limitMs, type Measured } from '../figure.ts'
import { KeystonePlay } from '../keystone-play.ts'
import { underLoad } from '../lanes.ts'

const CACHED_TOKENS = 50
/** EC2 credentials that the service has cached. */
const KNOWN_KEYS = 5
/** Shorter than an outage. */
const EC2_CACHE_SECONDS = 2
/** Rounds of requests, enough for each worker to cache each key. */
const KEY_ROUNDS = 30
const OUTAGE_MS = 20_000
const OUTAGE_MS_SHORT = 4_000
const NEW_TOKENS_AT_ONCE = 5
const NEW_TOKENS_INTERVAL_MS = 500
const REFUSED_MS_MAX = 2_500
const RECOVERY_MS_MAX = 2_000
/** Forged tokens sent at once. Each of the forgers' addresses has its own share of the calls to
 * Keystone. */
const FORGED_TOKENS = 160
const FORGERS = 8
const QUESTIONS_AT_ONCE_MAX = 32

/** Keystone is killed, and later paused, while tenants use cached and new tokens. */
export const KEYSTONE_OUTAGE: Figure = {
  name: '12',
  shows: 'requests with a cached token or a known EC2 key that fail while Keystone is away',
  controls: ['denied-outage', 'uncached-tokens'],
  measure: (options) => withKeystone(0, options, (own) => new Outage(own, options).measure()),
}

class Outage extends KeystonePlay {
  #answered = 0
  #failed = 0
  /** Each with its own connection, so that always the same worker answers it. */
  readonly #cached: HttpClient[] = []
  readonly #knownKeys: Ec2Credential[] = []

  measure(): Promise<Measured> {
    const { keystone, proxy } = this.identity
    const section = {
      ...{ auth_url: proxy.url, http_connect_timeout: 2 },
      ec2_secret_cache_seconds: EC2_CACHE_SECONDS,
    }
    return this.withService(section, async () => {
      await this.#warmUp()
      const killed = await this.#play(
        () => Promise.all([keystone.kill(), proxy.stop()]),
        () => keystone.start().then(() => proxy.listen()),
      )
      const stopped = await this.#play(
        () => keystone.pause(),
        async () => keystone.resume(),
      )
      const { inFlightMax: questionsAtOnce } = proxy
      const isBounded = questionsAtOnce > 0 && questionsAtOnce <= QUESTIONS_AT_ONCE_MAX
      if (!isBounded) this.faults.push(`${questionsAtOnce} questions at once`)
      return {
        value: this.#failed,
        target:
          '0 failed with a cached token or a known key, ' +
          `new ones 503 within ${limitMs(REFUSED_MS_MAX, this.options)} ms, ` +
          `recovery within ${limitMs(RECOVERY_MS_MAX, this.options)} ms, ` +
          `${QUESTIONS_AT_ONCE_MAX} questions at once`,
        faults: this.faults,
        detail: { answered: this.#answered, questionsAtOnce, killed, stopped },
      }
    })
  }

  async #warmUp(): Promise<void> {
    for (const token of await this.newTokens(CACHED_TOKENS)) {
      const client = this.#client(token)
      this.#cached.push(client)
      await this.#ask(client)
    }
    while (this.#knownKeys.length < KNOWN_KEYS) this.#knownKeys.push(await this.#newKey())
    for (let n = 0; n < KEY_ROUNDS; n++) await this.#signed()
  }

  #newKey(): Promise<Ec2Credential> {
    return this.keystone.createEc2Credential(this.alpha.users.member)
  }

  /** The statuses of what is signed by the keys that the service knows. */
  #signed(): Promise<readonly number[]> {
    return Promise.all(this.#knownKeys.map((key) => this.statusOf({ key })))
  }

  /** Called during the outage. */
  async #signedRound(unseen: Ec2Credential): Promise<void> {
    for (const status of await this.#signed()) this.#note(status, `a known key: ${status}`)
    const status = await this.statusOf({ key: unseen })
    if (status !== 503) this.faults.push(`a new key: ${status}`)
  }

  #note(status: number, fault: string): void {
    if (status === 200) {
      this.#answered++
      return
    }
    this.#failed++
    this.faults.push(fault)
  }

  /** Returns the longest wait of a new token for its refusal, and the time until new tokens were
   * accepted again. */
  async #play(begin: () => Promise<unknown>, end: () => Promise<void>) {
    const { short, signal } = this.options
    const outageMs = short ? OUTAGE_MS_SHORT : OUTAGE_MS
    const rounds = Math.ceil(outageMs / NEW_TOKENS_INTERVAL_MS)
    const fresh = await this.newTokens((rounds + 1) * NEW_TOKENS_AT_ONCE)
    const unseen = await this.#newKey()
    const ask = (client: HttpClient) => this.#ask(client)
    return underLoad(this.#cached, ask, async () => {
      await begin()
      const over = performance.now() + outageMs
      const forged = below(FORGED_TOKENS).map((n) =>
        this.#refused(forgedToken(), `127.0.0.${1 + (n % FORGERS)}`),
      )
      const refusals = await Promise.all(forged)
      await this.#signedRound(unseen)
      while (performance.now() < over && fresh.length > NEW_TOKENS_AT_ONCE) {
        const tokens = fresh.splice(0, NEW_TOKENS_AT_ONCE)
        refusals.push(...(await Promise.all(tokens.map((token) => this.#refused(token)))))
        await this.#signedRound(unseen)
        await delay(NEW_TOKENS_INTERVAL_MS, undefined, { signal })
      }
      await end()
      const recoveryMs = await this.#untilAccepted(fresh[0] ?? '')
      return { refusals: refusals.length, refusedMsMax: Math.max(...refusals), recoveryMs }
    })
  }

  #client(token: string, address = '127.0.0.1'): HttpClient {
    return this.service.client({ token, projectId: this.alpha.id, address })
  }

  /** Returns false, so that a pause follows. */
  async #ask(client: HttpClient): Promise<false> {
    const reply = await client.get('tables')
    this.#note(reply.status, `a cached token: ${JSON.stringify(reply)}`)
    return false
  }

  async #refused(token: string, address?: string): Promise<number> {
    const client = this.#client(token, address)
    const since = performance.now()
    const reply = await client.get('tables')
    const milliseconds = Math.round(performance.now() - since)
    client.close()
    const isRefused = reply.status === 503 && 'retry-after' in reply.headers
    if (!isRefused) this.faults.push(`a new token: ${JSON.stringify(reply)}`)
    if (milliseconds > limitMs(REFUSED_MS_MAX, this.options)) {
      this.faults.push(`a new token waited ${milliseconds} ms`)
    }
    return milliseconds
  }

  async #untilAccepted(token: string): Promise<number> {
    const client = this.#client(token)
    const since = performance.now()
    for (;;) {
      const { status } = await client.get('tables')
      const milliseconds = Math.round(performance.now() - since)
      const isLate = milliseconds > limitMs(RECOVERY_MS_MAX, this.options)
      if (isLate) this.faults.push(`recovery took ${milliseconds} ms`)
      if (status === 200 || isLate) return milliseconds
      await delay(NEW_TOKENS_INTERVAL_MS / 10)
    }
  }
}

/** A token in Fernet's form. Only Keystone can tell it from a real one. */
function forgedToken(): string {
  const version = Buffer.from([0x80, 0, 0, 0, 0])
  return Buffer.concat([version, randomBytes(100)]).toString('base64url')
}
