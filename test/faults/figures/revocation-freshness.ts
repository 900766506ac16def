import { setTimeout as delay } from 'node:timers/promises'
import { entryFormats } from '../../../src/identity/keystone/tokens/entry-format.ts'
import { CredentialMaker } from '../../live/credentials.ts'
import { keystoneSection } from '../../live/keystone-section.ts'
import type { MemcachedServer } from '../../live/memcached-server.ts'
import type { Credentials } from '../../stack/keystone-client.ts'
import { KeystoneStack } from '../../stack/keystone-stack.ts'
import { ask } from '../../support/ask.ts'
import type { Service } from '../../support/service.ts'
import { KeystonePlay, withKeystone } from '../faulted-keystone.ts'
import { type Figure, limitMs } from '../figure.ts'
import { withService } from '../figure-service.ts'

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
const UNANNOUNCED_MS = 1_000 * CACHE_SECONDS + 1_000
const LONG_CACHE_SECONDS = 300
const STRATEGY = 'ENCRYPT'
const SECRET = 'of this server'
const formatOf = entryFormats(STRATEGY, SECRET)

/** What a token rests on is taken away at Keystone, while requests with it go on. */
export const REVOCATION_FRESHNESS: Figure = {
  name: '7',
  shows: 'tokens that are accepted for too long after a change at Keystone',
  controls: ['untold-revocations'],
  measure: (options) =>
    withKeystone(1, options, async (identity) => {
      const freshness = new Freshness(identity, options)
      await freshness.play()
      return {
        value: freshness.longestMs,
        target:
          `announced: ${limitMs(ANNOUNCED_MS, options)} ms at most; others, and taken back: ` +
          `${limitMs(UNANNOUNCED_MS, options)} ms; no replay believed`,
        faults: freshness.faults,
        detail: freshness.detail,
      }
    }),
}

interface Subject {
  readonly name: string
  readonly token: string
  readonly projectId: string
  takeAway(): Promise<unknown>
  giveBack?(): Promise<unknown>
}

class Freshness extends KeystonePlay {
  longestMs = 0
  readonly #keystone = new KeystoneStack(this.identity.keystone.data)
  readonly #maker = new CredentialMaker(this.#keystone)
  readonly #memcached = this.identity.servers[0] as MemcachedServer

  async play(): Promise<void> {
    const announced = await this.#announced()
    await this.#with(LONG_CACHE_SECONDS, async (service) => {
      const copies = await this.#watchAll(service, announced, ANNOUNCED_MS)
      for (const { name, token, projectId } of announced) {
        const copy = copies.get(name)
        if (copy === undefined) this.faults.push('a token was not in memcached')
        await this.#memcached.store(formatOf(token).key, copy ?? '')
        const accepted = await probe(service, token, projectId)
        if (accepted > 0) this.faults.push(`${name}: a replayed entry was believed`)
      }
    })
    const others = await this.#unannounced()
    await this.#with(CACHE_SECONDS, (service) => this.#watchAll(service, others, UNANNOUNCED_MS))
  }

  async #announced(): Promise<readonly Subject[]> {
    const keystone = this.#keystone
    const { id: alpha, users } = keystone.data.projects.alpha
    const user = await this.#maker.newUser(alpha, ['member'])
    const revoked = await this.#subject('token revoked', users.member)
    const revoke = async () => keystone.revokeToken(await keystone.adminToken(), revoked.token)
    const disabled = await this.#subject('user disabled', user)
    return [
      { ...revoked, takeAway: revoke },
      { ...disabled, takeAway: () => keystone.setUserEnabled(user.userId, false) },
    ]
  }

  async #unannounced(): Promise<readonly Subject[]> {
    const keystone = this.#keystone
    const { id: alpha } = keystone.data.projects.alpha
    const projectId = await keystone.createProject(this.#maker.unique('project'))
    const ofProject = await this.#maker.newUser(projectId, ['member'])
    const ofRole = await this.#maker.newUser(alpha, ['member'])
    const { domainId, member: ofDomain } = await this.#maker.memberOfNewDomain()
    const robot = await this.#maker.newUser(alpha, ['member'])
    const credential = await this.#maker.newApplicationCredential(robot)
    const path = `/users/${robot.userId}/application_credentials/${credential.id}`
    return [
      {
        ...(await this.#subject('project disabled', ofProject)),
        takeAway: () => keystone.setProjectEnabled(projectId, false),
        giveBack: () => keystone.setProjectEnabled(projectId, true),
      },
      {
        ...(await this.#subject('domain disabled', ofDomain)),
        takeAway: () => keystone.setDomainEnabled(domainId, false),
      },
      {
        ...(await this.#subject('role taken away', ofRole)),
        takeAway: () => keystone.removeRole(alpha, ofRole.userId, 'member'),
      },
      {
        ...{ name: 'application credential deleted', projectId: alpha },
        token: (await keystone.issueApplicationCredentialToken(credential)).id,
        takeAway: async () =>
          keystone.call('DELETE', path, { token: await this.#maker.userToken(robot) }),
      },
    ]
  }

  async #subject(name: string, user: Credentials) {
    return { name, projectId: user.projectId, token: await this.#maker.userToken(user) }
  }

  #with(seconds: number, use: (service: Service) => Promise<unknown>): Promise<unknown> {
    const config = {
      DEFAULT: { auth_strategy: 'keystone', workers: WORKERS },
      keystone_authtoken: {
        ...keystoneSection(this.#keystone.data),
        token_cache_time: seconds,
        memcached_servers: this.#memcached.address,
        memcache_security_strategy: STRATEGY,
        memcache_secret_key: SECRET,
      },
    }
    return withService(config, this.options, use)
  }

  /** The entries in memcached that the tokens had before, by the subjects' names. */
  async #watchAll(
    service: Service,
    subjects: readonly Subject[],
    milliseconds: number,
  ): Promise<ReadonlyMap<string, string | undefined>> {
    const copies = new Map<string, string | undefined>()
    const judge = (name: string, tookMs: number) => {
      this.detail[name] = Math.round(tookMs)
      this.longestMs = Math.max(this.longestMs, Math.round(tookMs))
      const isLate = tookMs > limitMs(milliseconds, this.options)
      if (isLate) this.faults.push(`${name}: it took ${Math.round(tookMs)} ms`)
    }
    const watch = async (subject: Subject) => {
      const { name, token, projectId } = subject
      for (let n = 0; n < 3; n++) {
        if ((await probe(service, token, projectId)) === REQUESTS_PER_PROBE) continue
        this.faults.push(`${name}: it was not accepted in the first place`)
      }
      copies.set(name, await this.#memcached.value(formatOf(token).key))
      await subject.takeAway()
      judge(name, await this.#lastAccepted(service, subject))
      if (subject.giveBack === undefined) return
      await subject.giveBack()
      judge(`${name}, and back`, await this.#firstAccepted(service, subject))
    }
    await Promise.all(subjects.map(watch))
    return copies
  }

  /** How long after now the token was last accepted. */
  async #lastAccepted(service: Service, subject: Subject): Promise<number> {
    let lastMs = 0
    await this.#probing(service, subject, (accepted, askedMs) => {
      if (accepted > 0) lastMs = askedMs
      return askedMs - lastMs > QUIET_MS || lastMs > GIVE_UP_MS
    })
    return lastMs
  }

  /** How long after now it was first accepted by all. */
  #firstAccepted(service: Service, subject: Subject): Promise<number> {
    return this.#probing(
      service,
      subject,
      (accepted, askedMs) => accepted === REQUESTS_PER_PROBE || askedMs > GIVE_UP_MS,
    )
  }

  /** Probes until it is over; when the last probe began. */
  async #probing(
    service: Service,
    { token, projectId }: Subject,
    isOver: (accepted: number, askedMs: number) => boolean,
  ): Promise<number> {
    const since = performance.now()
    for (;;) {
      const askedMs = performance.now() - since
      if (isOver(await probe(service, token, projectId), askedMs)) return askedMs
      await delay(PROBE_INTERVAL_MS, undefined, { signal: this.options.signal })
    }
  }
}

/** How many of some requests are accepted. */
async function probe(service: Service, token: string, projectId: string): Promise<number> {
  const url = `${service.url}/v1/data/${projectId}/tables`
  const headers = { 'X-Auth-Token': token }
  const asking = Array.from({ length: REQUESTS_PER_PROBE }, () => ask(url, { headers }))
  const answers = await Promise.all(asking)
  return answers.filter(({ status }) => status === 200).length
}
