import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { entryFormats } from '../../../src/identity/keystone/tokens/entry-format.ts'
import { CredentialMaker } from '../../live/credentials.ts'
import { keystoneSection } from '../../live/keystone-section.ts'
import { MemcachedServer } from '../../live/memcached-server.ts'
import type { Credentials } from '../../stack/keystone-client.ts'
import { KeystoneStack } from '../../stack/keystone-stack.ts'
import { FaultedKeystone } from '../faulted-keystone.ts'
import { FaultedService } from '../faulted-service.ts'
import { type Figure, type FigureOptions, limitMs, type Measured } from '../figure.ts'

const WORKERS = 2
/** So many, each on a connection of its own, that it is likely that each worker answers one. */
const REQUESTS_PER_PROBE = 6
const PROBE_INTERVAL_MS = 100
/** Without an acceptance: then the last one was the last. */
const QUIET_MS = 4_000
const GIVE_UP_MS = 90_000
/** What Keystone announces: the interval of asking, and what is under way. */
const ANNOUNCED_MS = 12_000
/** What it does not announce: this, and a second. */
const CACHE_SECONDS = 10
const LONG_CACHE_SECONDS = 300
const STRATEGY = 'ENCRYPT'
const SECRET = 'of this server'

/** What a token rests on is taken away at Keystone, while requests with it go on. */
export const REVOCATION_FRESHNESS: Figure = {
  name: '7',
  shows: 'tokens that are accepted for too long after a change at Keystone',
  controls: ['untold-revocations'],
  measure,
}

interface Subject {
  readonly name: string
  readonly token: string
  readonly projectId: string
  readonly limitMs: number
  takeAway(): Promise<unknown>
  giveBack?(): Promise<unknown>
}

async function measure(options: FigureOptions): Promise<Measured> {
  const keystone = await FaultedKeystone.start(options)
  const memcached = await MemcachedServer.start()
  const freshness = new Freshness(new KeystoneStack(keystone.data), memcached, options)
  try {
    await freshness.play()
    return {
      value: freshness.longestMs,
      target:
        `announced: ${limitMs(ANNOUNCED_MS, options)} ms at most; others, and taken back: ` +
        `${limitMs(1_000 * CACHE_SECONDS + 1_000, options)} ms; no replay believed`,
      faults: freshness.faults,
      detail: freshness.detail,
    }
  } finally {
    await memcached.stop()
    await keystone.kill()
  }
}

class Freshness {
  longestMs = 0
  readonly faults: string[] = []
  readonly detail: Record<string, number> = {}
  readonly #keystone: KeystoneStack
  readonly #maker: CredentialMaker
  readonly #memcached: MemcachedServer
  readonly #options: FigureOptions

  constructor(keystone: KeystoneStack, memcached: MemcachedServer, options: FigureOptions) {
    this.#keystone = keystone
    this.#maker = new CredentialMaker(keystone)
    this.#memcached = memcached
    this.#options = options
  }

  async play(): Promise<void> {
    const announced = await this.#announced()
    await this.#with(LONG_CACHE_SECONDS, async (service) => {
      const copies = new Map<string, string>()
      await this.#watchAll(service, announced, copies)
      for (const { name, token, projectId } of announced) {
        await this.#store(token, copies.get(name) ?? '')
        const accepted = await probe(service, token, projectId)
        if (accepted > 0) this.faults.push(`${name}: a replayed entry was believed`)
      }
    })
    const others = await this.#unannounced()
    await this.#with(CACHE_SECONDS, (service) => this.#watchAll(service, others))
  }

  async #announced(): Promise<readonly Subject[]> {
    const { alpha } = this.#keystone.data.projects
    const limit = limitMs(ANNOUNCED_MS, this.#options)
    const own = { projectId: alpha.id, limitMs: limit }
    const revoked = await this.#maker.userToken(alpha.users.member)
    const user = await this.#maker.newUser(alpha.id, ['member'])
    return [
      {
        ...{ ...own, name: 'token revoked', token: revoked },
        takeAway: async () =>
          this.#keystone.revokeToken(await this.#keystone.adminToken(), revoked),
      },
      {
        ...{ ...own, name: 'user disabled', token: await this.#maker.userToken(user) },
        takeAway: () => this.#keystone.setUserEnabled(user.userId, false),
      },
    ]
  }

  async #unannounced(): Promise<readonly Subject[]> {
    const { alpha } = this.#keystone.data.projects
    const limit = limitMs(1_000 * CACHE_SECONDS + 1_000, this.#options)
    const projectId = await this.#keystone.createProject(this.#maker.unique('project'))
    const ofProject = await this.#maker.newUser(projectId, ['member'])
    const ofRole = await this.#maker.newUser(alpha.id, ['member'])
    const ofDomain = await this.#maker.memberOfOtherDomain()
    const domainId = await this.#domainOf(ofDomain)
    const robot = await this.#maker.newUser(alpha.id, ['member'])
    const credential = await this.#maker.newApplicationCredential(robot)
    const subject = async (
      name: string,
      user: Credentials,
    ): Promise<Omit<Subject, 'takeAway'>> => ({
      ...{ name, projectId: user.projectId, limitMs: limit },
      token: await this.#maker.userToken(user),
    })
    return [
      {
        ...(await subject('project disabled', ofProject)),
        takeAway: () => this.#keystone.setProjectEnabled(projectId, false),
        giveBack: () => this.#keystone.setProjectEnabled(projectId, true),
      },
      {
        ...(await subject('domain disabled', ofDomain)),
        takeAway: () =>
          this.#asAdmin('PATCH', `/domains/${domainId}`, { domain: { enabled: false } }),
      },
      {
        ...(await subject('role taken away', ofRole)),
        takeAway: () => this.#keystone.removeRole(alpha.id, ofRole.userId, 'member'),
      },
      {
        ...{ name: 'application credential deleted', projectId: alpha.id, limitMs: limit },
        token: (await this.#keystone.issueApplicationCredentialToken(credential)).id,
        takeAway: async () => {
          const path = `/users/${robot.userId}/application_credentials/${credential.id}`
          const { id: token } = await this.#keystone.issueToken(robot)
          await this.#keystone.call('DELETE', path, { token })
        },
      },
    ]
  }

  async #asAdmin(method: string, path: string, body: unknown): Promise<void> {
    await this.#keystone.call(method, path, { token: await this.#keystone.adminToken(), body })
  }

  async #domainOf({ userId }: Credentials): Promise<string> {
    const token = await this.#keystone.adminToken()
    const { body } = await this.#keystone.call('GET', `/users/${userId}`, { token })
    return (body as { user: { domain_id: string } }).user.domain_id
  }

  async #with(seconds: number, use: (service: FaultedService) => Promise<void>): Promise<void> {
    const service = await FaultedService.start({
      config: {
        DEFAULT: { auth_strategy: 'keystone', workers: WORKERS },
        keystone_authtoken: {
          ...keystoneSection(this.#keystone.data),
          token_cache_time: seconds,
          memcached_servers: this.#memcached.address,
          memcache_security_strategy: STRATEGY,
          memcache_secret_key: SECRET,
        },
      },
      folder: join(this.#options.folder, `service-${seconds}`),
      bug: this.#options.bug,
    })
    try {
      await use(service)
    } finally {
      await service.stop()
    }
  }

  async #watchAll(
    service: FaultedService,
    subjects: readonly Subject[],
    copies = new Map<string, string>(),
  ): Promise<void> {
    await Promise.all(
      subjects.map(async (subject) => {
        const { name, token, projectId } = subject
        for (let n = 0; n < 3; n++) {
          if ((await probe(service, token, projectId)) === REQUESTS_PER_PROBE) continue
          this.faults.push(`${name}: it was not accepted in the first place`)
        }
        copies.set(name, await this.#entry(token))
        await subject.takeAway()
        this.#judge(name, await this.#lastAccepted(service, subject), subject.limitMs)
        if (subject.giveBack === undefined) return
        await subject.giveBack()
        this.#judge(`${name}, and back`, await firstAccepted(service, subject), subject.limitMs)
      }),
    )
  }

  #judge(name: string, tookMs: number, limit: number): void {
    this.detail[name] = Math.round(tookMs)
    this.longestMs = Math.max(this.longestMs, Math.round(tookMs))
    if (tookMs > limit) this.faults.push(`${name}: it took ${Math.round(tookMs)} ms`)
  }

  /** How long after now the token was last accepted. */
  async #lastAccepted(service: FaultedService, { token, projectId }: Subject): Promise<number> {
    const since = performance.now()
    let lastMs = 0
    for (;;) {
      const askedMs = performance.now() - since
      if ((await probe(service, token, projectId)) > 0) lastMs = askedMs
      if (askedMs - lastMs > QUIET_MS || lastMs > GIVE_UP_MS) return lastMs
      await delay(PROBE_INTERVAL_MS, undefined, { signal: this.#options.signal })
    }
  }

  async #entry(token: string): Promise<string> {
    const { key } = entryFormats(STRATEGY, SECRET)(token)
    const answer = await this.#memcached.tell(`get ${key}`, 'END')
    return /^VALUE [^\r]*\r\n([^\r]*)\r\n/.exec(answer)?.[1] ?? ''
  }

  async #store(token: string, value: string): Promise<void> {
    const { key } = entryFormats(STRATEGY, SECRET)(token)
    if (value === '') this.faults.push('a token was not in memcached')
    await this.#memcached.tell(`set ${key} 0 300 ${value.length}\r\n${value}`, 'STORED')
  }
}

async function firstAccepted(service: FaultedService, subject: Subject): Promise<number> {
  const since = performance.now()
  for (;;) {
    const tookMs = performance.now() - since
    const accepted = await probe(service, subject.token, subject.projectId)
    if (accepted === REQUESTS_PER_PROBE || tookMs > GIVE_UP_MS) return tookMs
    await delay(PROBE_INTERVAL_MS)
  }
}

/** How many of some requests are accepted. */
async function probe(service: FaultedService, token: string, projectId: string): Promise<number> {
  const statuses = await Promise.all(
    Array.from({ length: REQUESTS_PER_PROBE }, async () => {
      const response = await fetch(`${service.url}/v1/data/${projectId}/tables`, {
        headers: { 'X-Auth-Token': token, Connection: 'close' },
      })
      await response.arrayBuffer()
      return response.status
    }),
  )
  return statuses.filter((status) => status === 200).length
}
