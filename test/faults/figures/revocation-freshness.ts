import { setTimeout as delay } from 'node:timers/promises'
import { entryFormats } from '../../../src/identity/keystone/tokens/entry-format.ts'
import { CredentialMaker } from '../../live/credentials.ts'
import { listSigned } from '../../live/dynamodb/signed-headers.ts'
import { keystoneSection } from '../../live/keystone-section.ts'
import type { MemcachedServer } from '../../live/memcached-server.ts'
import type { Credentials, Ec2Credential } from '../../stack/keystone-client.ts'
import { KeystoneStack } from '../../stack/keystone-stack.ts'
import { ask } from '../../support/ask.ts'
import type { Service } from '../../support/service.ts'
import { until } from '../../support/until.ts'
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

/** What a token or an EC2 credential rests on is taken away at Keystone, while requests go on. */
export const REVOCATION_FRESHNESS: Figure = {
  name: '7',
  shows: 'tokens and EC2 credentials that are accepted for too long after a change at Keystone',
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
  readonly by: Caller
  takeAway(): Promise<unknown>
  giveBack?(): Promise<unknown>
}

/** Its requests have either a token, for a project, or a signature. */
type Caller =
  | { readonly token: string; readonly projectId: string }
  | { readonly key: Ec2Credential }

class Freshness extends KeystonePlay {
  longestMs = 0
  readonly #keystone = new KeystoneStack(this.identity.keystone.data)
  readonly #maker = new CredentialMaker(this.#keystone)
  readonly #memcached = this.identity.servers[0] as MemcachedServer

  async play(): Promise<void> {
    const announced = await this.#announced()
    await this.#with(LONG_CACHE_SECONDS, async (service) => {
      const copies = await this.#watchAll(service, announced, ANNOUNCED_MS)
      for (const { name, by } of announced) {
        if (!('token' in by)) continue
        await this.#memcached.store(formatOf(by.token).key, copies.get(name) ?? '')
        const accepted = await acceptedOf(service, by)
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
    const signer = await this.#maker.newUser(alpha, ['member'])
    const revoked = await this.#byToken('token revoked', users.member)
    const signing = { key: await keystone.createEc2Credential(signer) }
    return [
      {
        ...revoked,
        takeAway: async () => keystone.revokeToken(await keystone.adminToken(), revoked.by.token),
      },
      {
        ...(await this.#byToken('user disabled', user)),
        takeAway: () => keystone.setUserEnabled(user.userId, false),
      },
      {
        ...{ name: 'signing user disabled', by: signing },
        takeAway: () => keystone.setUserEnabled(signer.userId, false),
      },
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
    const { id: token } = await keystone.issueApplicationCredentialToken(credential)
    const path = `/users/${robot.userId}/application_credentials/${credential.id}`
    return [
      ...(await this.#signed()),
      {
        ...(await this.#byToken('project disabled', ofProject)),
        takeAway: () => keystone.setProjectEnabled(projectId, false),
        giveBack: () => keystone.setProjectEnabled(projectId, true),
      },
      {
        ...(await this.#byToken('domain disabled', ofDomain)),
        takeAway: () => keystone.setDomainEnabled(domainId, false),
      },
      {
        ...(await this.#byToken('role taken away', ofRole)),
        takeAway: () => keystone.removeRole(alpha, ofRole.userId, 'member'),
      },
      {
        ...{ name: 'application credential deleted', by: { projectId: alpha, token } },
        takeAway: async () =>
          keystone.call('DELETE', path, { token: await this.#maker.userToken(robot) }),
      },
    ]
  }

  /** EC2 credentials of new users of new projects. */
  async #signed(): Promise<readonly Subject[]> {
    const keystone = this.#keystone
    const signer = async () => {
      const projectId = await keystone.createProject(this.#maker.unique('project'))
      const user = await this.#maker.newUser(projectId, ['member'])
      return { user, key: await keystone.createEc2Credential(user) }
    }
    const deleted = await signer()
    const replaced = await signer()
    const demoted = await signer()
    const ofProject = await signer()
    const { projectId } = ofProject.user
    return [
      {
        ...{ name: 'EC2 credential deleted', by: { key: deleted.key } },
        takeAway: () => keystone.deleteEc2Credential(deleted.key),
      },
      {
        ...{ name: 'EC2 secret replaced', by: { key: replaced.key } },
        takeAway: () => keystone.rotateEc2Credential(replaced.key),
      },
      {
        ...{ name: 'role of a signer taken away', by: { key: demoted.key } },
        takeAway: () => keystone.removeRole(demoted.user.projectId, demoted.user.userId, 'member'),
      },
      {
        ...{ name: 'project of a signer disabled', by: { key: ofProject.key } },
        takeAway: () => keystone.setProjectEnabled(projectId, false),
        giveBack: () => keystone.setProjectEnabled(projectId, true),
      },
    ]
  }

  async #byToken(name: string, user: Credentials) {
    const token = await this.#maker.userToken(user)
    return { name, by: { token, projectId: user.projectId } }
  }

  #with(seconds: number, use: (service: Service) => Promise<unknown>): Promise<unknown> {
    const { url, secretReader } = this.#keystone.data
    const config = {
      DEFAULT: { auth_strategy: 'keystone', workers: WORKERS },
      keystone_authtoken: {
        ...keystoneSection({ url, service: secretReader }),
        ...{ token_cache_time: seconds, ec2_secret_cache_seconds: seconds },
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
  ): Promise<ReadonlyMap<string, string>> {
    const copies = new Map<string, string>()
    const judge = (name: string, tookMs: number) => {
      this.detail[name] = Math.round(tookMs)
      this.longestMs = Math.max(this.longestMs, Math.round(tookMs))
      const isLate = tookMs > limitMs(milliseconds, this.options)
      if (isLate) this.faults.push(`${name}: it took ${Math.round(tookMs)} ms`)
    }
    const watch = async (subject: Subject) => {
      const { name, by } = subject
      for (let n = 0; n < 3; n++) {
        const statuses = await statusesOf(service, by)
        if (statuses.every((status) => status === 200)) continue
        this.faults.push(`${name}: it was not accepted in the first place: ${statuses}`)
      }
      if ('token' in by) copies.set(name, await this.#sharedEntry(by.token))
      await subject.takeAway()
      judge(name, await this.#lastAccepted(service, subject))
      if (subject.giveBack === undefined) return
      await subject.giveBack()
      judge(`${name}, and back`, await this.#firstAccepted(service, subject))
    }
    await Promise.all(subjects.map(watch))
    return copies
  }

  /** The service puts it into memcached over another connection than it is read from. */
  async #sharedEntry(token: string): Promise<string> {
    const { key } = formatOf(token)
    const stored = () => this.#memcached.value(key)
    await until('the token is in memcached', async () => (await stored()) !== undefined)
    return (await stored()) ?? ''
  }

  /** How long after now the token was last accepted. */
  async #lastAccepted(service: Service, { by }: Subject): Promise<number> {
    let lastMs = 0
    await this.#probing(service, by, (accepted, askedMs) => {
      if (accepted > 0) lastMs = askedMs
      return askedMs - lastMs > QUIET_MS || lastMs > GIVE_UP_MS
    })
    return lastMs
  }

  /** How long after now it was first accepted by all. */
  #firstAccepted(service: Service, { by }: Subject): Promise<number> {
    return this.#probing(
      service,
      by,
      (accepted, askedMs) => accepted === REQUESTS_PER_PROBE || askedMs > GIVE_UP_MS,
    )
  }

  /** Probes until it is over; when the last probe began. */
  async #probing(
    service: Service,
    by: Caller,
    isOver: (accepted: number, askedMs: number) => boolean,
  ): Promise<number> {
    const since = performance.now()
    for (;;) {
      const askedMs = performance.now() - since
      if (isOver(await acceptedOf(service, by), askedMs)) return askedMs
      await delay(PROBE_INTERVAL_MS, undefined, { signal: this.options.signal })
    }
  }
}

/** How many of some requests are accepted. */
async function acceptedOf(service: Service, by: Caller): Promise<number> {
  return (await statusesOf(service, by)).filter((status) => status === 200).length
}

function statusesOf({ url }: Service, by: Caller): Promise<readonly number[]> {
  const list = async () => {
    if ('key' in by) return listSigned(url, by.key)
    const headers = { 'X-Auth-Token': by.token }
    return (await ask(`${url}/v1/data/${by.projectId}/tables`, { headers })).status
  }
  return Promise.all(Array.from({ length: REQUESTS_PER_PROBE }, list))
}
