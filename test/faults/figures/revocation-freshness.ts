import { setTimeout as delay } from 'node:timers/promises'
import { entryFormats } from '../../../src/identity/keystone/tokens/entry-format.ts'
import { CredentialMaker } from '../../live/credentials.ts'
import { signedHeaders } from '../../live/dynamodb/signed-headers.ts'
import { keystoneSection } from '../../live/keystone-section.ts'
import type { MemcachedServer } from '../../live/memcached-server.ts'
import type { Credentials, Ec2Credential } from '../../stack/keystone-client.ts'
import { KeystoneStack } from '../../stack/keystone-stack.ts'
import type { Service } from '../../support/service.ts'
import { withKeystone } from '../faulted-keystone.ts'
import { type Figure, type FigureOptions, limitMs } from '../figure.ts'
import { withService } from '../figure-service.ts'

const WORKERS = 2
/** Requests on separate connections, enough that each worker probably answers one. */
const REQUESTS_PER_PROBE = 6
const PROBE_INTERVAL_MS = 100
/** Milliseconds without an accepted request, after which none is expected any more. */
const QUIET_MS = 4_000
const GIVE_UP_MS = 90_000
/** For changes that Keystone reports as revocations: the polling interval and requests under
 * way. */
const ANNOUNCED_MS = 12_000
/** For changes that Keystone does not report: the caching time and a second. */
const CACHE_SECONDS = 10
const UNANNOUNCED_MS = 1_000 * CACHE_SECONDS + 1_000
const LONG_CACHE_SECONDS = 300
const STRATEGY = 'ENCRYPT'
const SECRET = 'of this server'
const formatOf = entryFormats(STRATEGY, SECRET)

/** Users, roles, projects and credentials are revoked in Keystone while requests continue. */
export const REVOCATION_FRESHNESS: Figure = {
  name: '7',
  shows: 'tokens and EC2 credentials that are accepted for too long after a change at Keystone',
  controls: ['untold-revocations'],
  measure: (options) =>
    withKeystone(1, options, async ({ keystone, servers }) => {
      const [memcached] = servers as [MemcachedServer]
      const freshness = new Freshness(new KeystoneStack(keystone.data), memcached, options)
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
  /** Sends its requests with a token for a project, or with a signature. */
  readonly by: Caller
  takeAway(): Promise<unknown>
  giveBack?(): Promise<unknown>
}

interface TokenCaller {
  readonly token: string
  readonly projectId: string
}

type Caller = TokenCaller | { readonly key: Ec2Credential }

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
      const copies = await this.#watchAll(service, announced, ANNOUNCED_MS)
      for (const { name, by } of announced) {
        if (!('token' in by)) continue
        const copy = copies.get(name)
        if (copy === undefined) this.faults.push('a token was not in memcached')
        await this.#memcached.store(formatOf(by.token).key, copy ?? '')
        const accepted = await probe(service, by)
        if (accepted > 0) this.faults.push(`${name}: a replayed entry was believed`)
      }
    })
    const others = await this.#unannounced()
    await this.#with(CACHE_SECONDS, (service) => this.#watchAll(service, others, UNANNOUNCED_MS))
  }

  async #announced(): Promise<readonly Subject[]> {
    const keystone = this.#keystone
    const { id: projectId, users } = keystone.data.projects.alpha
    const token = await this.#maker.userToken(users.member)
    const user = await this.#maker.newUser(projectId, ['member'])
    const signer = await this.#maker.newUser(projectId, ['member'])
    return [
      {
        ...{ name: 'token revoked', by: { projectId, token } },
        takeAway: async () => keystone.revokeToken(await keystone.adminToken(), token),
      },
      {
        ...{ name: 'user disabled', by: { projectId, token: await this.#maker.userToken(user) } },
        takeAway: () => keystone.setUserEnabled(user.userId, false),
      },
      {
        ...{
          name: 'signing user disabled',
          by: { key: await keystone.createEc2Credential(signer) },
        },
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
    const subject = async (name: string, user: Credentials) => ({
      ...{ name, by: { projectId: user.projectId, token: await this.#maker.userToken(user) } },
    })
    return [
      ...(await this.#signed()),
      {
        ...(await subject('project disabled', ofProject)),
        takeAway: () => keystone.setProjectEnabled(projectId, false),
        giveBack: () => keystone.setProjectEnabled(projectId, true),
      },
      {
        ...(await subject('domain disabled', ofDomain)),
        takeAway: () => keystone.setDomainEnabled(domainId, false),
      },
      {
        ...(await subject('role taken away', ofRole)),
        takeAway: () => keystone.removeRole(alpha, ofRole.userId, 'member'),
      },
      {
        name: 'application credential deleted',
        by: {
          projectId: alpha,
          token: (await keystone.issueApplicationCredentialToken(credential)).id,
        },
        takeAway: async () => {
          const path = `/users/${robot.userId}/application_credentials/${credential.id}`
          await keystone.call('DELETE', path, { token: await this.#maker.userToken(robot) })
        },
      },
    ]
  }

  /** Creates EC2 credentials of new users in new projects. */
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
    return withService(config, this.#options, use)
  }

  /** The tokens' earlier entries in memcached, by subject. */
  async #watchAll(
    service: Service,
    subjects: readonly Subject[],
    milliseconds: number,
  ): Promise<ReadonlyMap<string, string | undefined>> {
    const copies = new Map<string, string | undefined>()
    const judge = (name: string, tookMs: number) => {
      this.detail[name] = Math.round(tookMs)
      this.longestMs = Math.max(this.longestMs, Math.round(tookMs))
      const isLate = tookMs > limitMs(milliseconds, this.#options)
      if (isLate) this.faults.push(`${name}: it took ${Math.round(tookMs)} ms`)
    }
    const watch = async (subject: Subject) => {
      const { name, by } = subject
      for (let n = 0; n < 3; n++) {
        const statuses = await statusesOf(service, by)
        if (statuses.every((status) => status === 200)) continue
        this.faults.push(`${name}: it was not accepted in the first place: ${statuses}`)
      }
      if ('token' in by) copies.set(name, await this.#memcached.value(formatOf(by.token).key))
      await subject.takeAway()
      judge(name, await this.#lastAccepted(service, subject))
      if (subject.giveBack === undefined) return
      await subject.giveBack()
      judge(`${name}, and back`, await firstAccepted(service, subject))
    }
    await Promise.all(subjects.map(watch))
    return copies
  }

  /** Milliseconds from now until the last request that was accepted. */
  async #lastAccepted(service: Service, { by }: Subject): Promise<number> {
    const since = performance.now()
    let lastMs = 0
    for (;;) {
      const askedMs = performance.now() - since
      if ((await probe(service, by)) > 0) lastMs = askedMs
      if (askedMs - lastMs > QUIET_MS || lastMs > GIVE_UP_MS) return lastMs
      await delay(PROBE_INTERVAL_MS, undefined, { signal: this.#options.signal })
    }
  }
}

async function firstAccepted(service: Service, { by }: Subject): Promise<number> {
  const since = performance.now()
  for (;;) {
    const tookMs = performance.now() - since
    const accepted = await probe(service, by)
    if (accepted === REQUESTS_PER_PROBE || tookMs > GIVE_UP_MS) return tookMs
    await delay(PROBE_INTERVAL_MS)
  }
}

/** Number of accepted requests. */
async function probe(service: Service, by: Caller): Promise<number> {
  return (await statusesOf(service, by)).filter((status) => status === 200).length
}

function statusesOf(service: Service, by: Caller): Promise<readonly number[]> {
  return Promise.all(
    Array.from({ length: REQUESTS_PER_PROBE }, async () => {
      const response = await ('token' in by
        ? listByToken(service, by)
        : listSigned(service, by.key))
      await response.arrayBuffer()
      return response.status
    }),
  )
}

function listByToken({ url }: Service, { token, projectId }: TokenCaller) {
  return fetch(`${url}/v1/data/${projectId}/tables`, {
    headers: { 'X-Auth-Token': token, Connection: 'close' },
  })
}

function listSigned({ url }: Service, key: Ec2Credential): Promise<Response> {
  const headers = signedHeaders(url, key, 'ListTables', '{}')
  return fetch(`${url}/`, {
    ...{ method: 'POST', body: '{}' },
    headers: { ...headers, Connection: 'close' },
  })
}
