import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { signedHeaders } from '../../live/dynamodb/signed-headers.ts'
import { keystoneSection } from '../../live/keystone-section.ts'
import type { Ec2Credential } from '../../stack/keystone-client.ts'
import { KeystoneStack } from '../../stack/keystone-stack.ts'
import type { HttpClient } from '../../support/http-client.ts'
import type { Service } from '../../support/service.ts'
import { type FaultedIdentity, type FaultedKeystone, withKeystone } from '../faulted-keystone.ts'
import { type Figure, type FigureOptions, limitMs } from '../figure.ts'
import { withService } from '../figure-service.ts'
import { underLoad } from '../lanes.ts'

const CACHED_TOKENS = 50
/** EC2 credentials that the service has cached. */
const KNOWN_KEYS = 5
/** Shorter than an outage. */
const EC2_CACHE_SECONDS = 2
/** Rounds of requests, enough for each worker to cache each key. */
const KEY_ROUNDS = 30
const WORKERS = 2
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
  measure: (options) =>
    withKeystone(0, options, (identity) =>
      withService(keystoneConfig(identity), options, (service) =>
        measure(identity, service, options),
      ),
    ),
}

function keystoneConfig({ keystone, proxy: { url } }: FaultedIdentity) {
  const section = keystoneSection({ url, service: keystone.data.secretReader })
  return {
    DEFAULT: { auth_strategy: 'keystone', workers: WORKERS },
    keystone_authtoken: {
      ...{ ...section, endpoint_override: url, http_connect_timeout: 2 },
      ec2_secret_cache_seconds: EC2_CACHE_SECONDS,
    },
  }
}

async function measure(
  { keystone, proxy }: FaultedIdentity,
  service: Service,
  options: FigureOptions,
) {
  const outage = new Outage(keystone, service, options)
  await outage.warmUp()
  const killed = await outage.play(
    async () => {
      await keystone.kill()
      await proxy.stop()
    },
    async () => {
      await keystone.restart()
      await proxy.listen()
    },
  )
  const stopped = await outage.play(
    async () => keystone.pause(),
    async () => keystone.resume(),
  )
  const { inFlightMax: questionsAtOnce } = proxy
  const isBounded = questionsAtOnce > 0 && questionsAtOnce <= QUESTIONS_AT_ONCE_MAX
  if (!isBounded) outage.faults.push(`${questionsAtOnce} questions at once`)
  return {
    value: outage.failed,
    target:
      '0 failed with a cached token or a known key, ' +
      `new ones 503 within ${limitMs(REFUSED_MS_MAX, options)} ms, ` +
      `recovery within ${limitMs(RECOVERY_MS_MAX, options)} ms, ` +
      `${QUESTIONS_AT_ONCE_MAX} questions at once`,
    faults: outage.faults,
    detail: { answered: outage.answered, questionsAtOnce, killed, stopped },
  }
}

class Outage {
  answered = 0
  failed = 0
  readonly faults: string[] = []
  readonly #keystone: FaultedKeystone
  readonly #service: Service
  readonly #options: FigureOptions
  /** Each with its own connection, so that always the same worker answers it. */
  readonly #cached: HttpClient[] = []
  readonly #admin: KeystoneStack
  readonly #knownKeys: Ec2Credential[] = []

  constructor(keystone: FaultedKeystone, service: Service, options: FigureOptions) {
    this.#keystone = keystone
    this.#admin = new KeystoneStack(keystone.data)
    this.#service = service
    this.#options = options
  }

  async warmUp(): Promise<void> {
    for (const token of await this.#keystone.newTokens(CACHED_TOKENS)) {
      const client = this.#client(token)
      this.#cached.push(client)
      await this.#ask(client)
    }
    while (this.#knownKeys.length < KNOWN_KEYS) this.#knownKeys.push(await this.#newKey())
    for (let n = 0; n < KEY_ROUNDS; n++) {
      await Promise.all(this.#knownKeys.map((key) => this.#signed(key)))
    }
  }

  #newKey(): Promise<Ec2Credential> {
    return this.#admin.createEc2Credential(this.#admin.data.projects.alpha.users.member)
  }

  /** Sends a request with each known key, each on a new connection. */
  async #askSigned(): Promise<void> {
    const statuses = await Promise.all(this.#knownKeys.map((key) => this.#signed(key)))
    for (const status of statuses) {
      if (status === 200) this.answered++
      else {
        this.failed++
        this.faults.push(`a known key: ${status}`)
      }
    }
  }

  /** Called during the outage. */
  async #signedRound(unseen: Ec2Credential): Promise<void> {
    await this.#askSigned()
    const status = await this.#signed(unseen)
    if (status !== 503) this.faults.push(`a new key: ${status}`)
  }

  async #signed(key: Ec2Credential): Promise<number> {
    const { url } = this.#service
    const headers = { ...signedHeaders(url, key, 'ListTables', '{}'), Connection: 'close' }
    const response = await fetch(`${url}/`, { method: 'POST', headers, body: '{}' })
    await response.arrayBuffer()
    return response.status
  }

  /** Returns the longest wait of a new token for its refusal, and the time until new tokens were
   * accepted again. */
  async play(begin: () => Promise<void>, end: () => Promise<void>) {
    const { short, signal } = this.#options
    const outageMs = short ? OUTAGE_MS_SHORT : OUTAGE_MS
    const rounds = Math.ceil(outageMs / NEW_TOKENS_INTERVAL_MS)
    const fresh = await this.#keystone.newTokens((rounds + 1) * NEW_TOKENS_AT_ONCE)
    const unseen = await this.#newKey()
    const ask = (client: HttpClient) => this.#ask(client)
    return underLoad(this.#cached, ask, async () => {
      await begin()
      const over = performance.now() + outageMs
      const refusals = await this.#burst()
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
    const { id: projectId } = this.#keystone.data.projects.alpha
    return this.#service.client({ token, projectId, address })
  }

  /** Milliseconds that each forged token waited for its refusal. */
  #burst(): Promise<number[]> {
    return Promise.all(
      Array.from({ length: FORGED_TOKENS }, (_, n) =>
        this.#refused(forgedToken(), `127.0.0.${1 + (n % FORGERS)}`),
      ),
    )
  }

  /** Returns false, so that a pause follows. */
  async #ask(client: HttpClient): Promise<false> {
    const reply = await client.get('tables')
    if (reply.status === 200) this.answered++
    else {
      this.failed++
      this.faults.push(`a cached token: ${JSON.stringify(reply)}`)
    }
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
    if (milliseconds > limitMs(REFUSED_MS_MAX, this.#options)) {
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
      const isLate = milliseconds > limitMs(RECOVERY_MS_MAX, this.#options)
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
