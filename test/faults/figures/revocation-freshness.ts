import { setTimeout as delay } from 'node:timers/promises'
import type { CredentialMaker } from '../../live/credentials.ts'
import type { KeystoneStack } from '../../stack/keystone-stack.ts'
import { below } from '../../support/at-once.ts'
import { withKeystone } from '../faulted-keystone.ts'
import { type Figure, limitMs, type Measured } from '../figure.ts'
import { KeystonePlay, type Sender } from '../keystone-play.ts'

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
/** Users, roles, projects and credentials are revoked in Keystone while requests continue. */
export const REVOCATION_FRESHNESS: Figure = {
  name: '7',
  shows: 'tokens and EC2 credentials that are accepted for too long after a change at Keystone',
  controls: ['untold-revocations'],
  measure: (options) => withKeystone(1, options, (own) => new Freshness(own, options).measure()),
}

/** Creates a member of a new project in a new domain, with all kinds of credentials. */
async function newSubject(keystone: KeystoneStack, maker: CredentialMaker, by: Change['by']) {
  const { domainId, member: user } = await maker.memberOfNewDomain()
  const key = await keystone.createEc2Credential(user)
  const credential = await maker.newApplicationCredential(user)
  const { id: token } = await (by === 'application credential'
    ? keystone.issueApplicationCredentialToken(credential)
    : keystone.issueToken(user))
  return { domainId, user, key, credential, token }
}

type Subject = Awaited<ReturnType<typeof newSubject>>
type Act = (keystone: KeystoneStack, subject: Subject) => Promise<unknown>

interface Change {
  readonly name: string
  readonly by: 'token' | 'application credential' | 'key'
  readonly takeAway: Act
  readonly giveBack?: Act
}

const disableUser: Act = (keystone, { user }) => keystone.setUserEnabled(user.userId, false)
const removeRole: Act = (keystone, { user }) =>
  keystone.removeRole(user.projectId, user.userId, 'member')
const project = {
  takeAway: (keystone, { user }) => keystone.setProjectEnabled(user.projectId, false),
  giveBack: (keystone, { user }) => keystone.setProjectEnabled(user.projectId, true),
} satisfies Partial<Change>

const ANNOUNCED: readonly Change[] = [
  {
    ...{ name: 'token revoked', by: 'token' },
    takeAway: async (keystone, { token }) =>
      keystone.revokeToken(await keystone.adminToken(), token),
  },
  { name: 'user disabled', by: 'token', takeAway: disableUser },
  { name: 'signing user disabled', by: 'key', takeAway: disableUser },
]
const UNANNOUNCED: readonly Change[] = [
  {
    ...{ name: 'EC2 credential deleted', by: 'key' },
    takeAway: (keystone, { key }) => keystone.deleteEc2Credential(key),
  },
  {
    ...{ name: 'EC2 secret replaced', by: 'key' },
    takeAway: (keystone, { key }) => keystone.rotateEc2Credential(key),
  },
  { name: 'role of a signer taken away', by: 'key', takeAway: removeRole },
  { name: 'project of a signer disabled', by: 'key', ...project },
  { name: 'project disabled', by: 'token', ...project },
  {
    ...{ name: 'domain disabled', by: 'token' },
    takeAway: (keystone, { domainId }) => keystone.setDomainEnabled(domainId, false),
  },
  { name: 'role taken away', by: 'token', takeAway: removeRole },
  {
    ...{ name: 'application credential deleted', by: 'application credential' },
    takeAway: async (keystone, { user, credential }) => {
      const path = `/users/${user.userId}/application_credentials/${credential.id}`
      await keystone.call('DELETE', path, { token: (await keystone.issueToken(user)).id })
    },
  },
]

class Freshness extends KeystonePlay {
  #longestMs = 0

  async measure(): Promise<Measured> {
    await this.#with(LONG_CACHE_SECONDS, async () => {
      const watched = await this.#watchAll(ANNOUNCED, ANNOUNCED_MS)
      for (const { name, by, copy } of watched) {
        if ('key' in by) continue
        await this.store(by.token, copy)
        const statuses = await this.#probe(by)
        if (statuses.includes(200)) this.faults.push(`${name}: a replayed entry was believed`)
      }
    })
    await this.#with(CACHE_SECONDS, () => this.#watchAll(UNANNOUNCED, UNANNOUNCED_MS))
    const target =
      `announced: ${limitMs(ANNOUNCED_MS, this.options)} ms at most; others, and taken back: ` +
      `${limitMs(UNANNOUNCED_MS, this.options)} ms; no replay believed`
    return this.measured(this.#longestMs, target)
  }

  #with(seconds: number, play: () => Promise<unknown>): Promise<unknown> {
    const section = { token_cache_time: seconds, ec2_secret_cache_seconds: seconds }
    return this.withService(section, play)
  }

  /** Makes all changes at once. Returns the tokens' earlier entries in memcached as well. */
  async #watchAll(changes: readonly Change[], milliseconds: number) {
    const judge = (name: string, tookMs: number) => {
      this.detail[name] = Math.round(tookMs)
      this.#longestMs = Math.max(this.#longestMs, Math.round(tookMs))
      const isLate = tookMs > limitMs(milliseconds, this.options)
      if (isLate) this.faults.push(`${name}: it took ${Math.round(tookMs)} ms`)
    }
    const watch = async ({ name, by: kind, takeAway, giveBack }: Change, subject: Subject) => {
      const { key, token, user } = subject
      const by: Sender = kind === 'key' ? { key } : { token, projectId: user.projectId }
      for (let n = 0; n < 3; n++) {
        const statuses = await this.#probe(by)
        if (isAcceptedByAll(statuses)) continue
        this.faults.push(`${name}: it was not accepted in the first place: ${statuses}`)
      }
      const copy = kind === 'key' ? '' : await this.entry(token)
      await takeAway(this.keystone, subject)
      judge(name, await this.#lastAccepted(by))
      await giveBack?.(this.keystone, subject)
      const isBack = (statuses: readonly number[], askedMs: number) =>
        isAcceptedByAll(statuses) || askedMs > GIVE_UP_MS
      if (giveBack) judge(`${name}, and back`, await this.#probing(by, isBack))
      return { name, by, copy }
    }
    const subjects: (readonly [Change, Subject])[] = []
    for (const change of changes) {
      subjects.push([change, await newSubject(this.keystone, this.maker, change.by)])
    }
    return Promise.all(subjects.map((each) => watch(...each)))
  }

  /** How long after now a request was last accepted. */
  async #lastAccepted(by: Sender): Promise<number> {
    let lastMs = 0
    await this.#probing(by, (statuses, askedMs) => {
      if (statuses.includes(200)) lastMs = askedMs
      return askedMs - lastMs > QUIET_MS || lastMs > GIVE_UP_MS
    })
    return lastMs
  }

  /** Probes until it is over; when the last probe began. */
  async #probing(
    by: Sender,
    isOver: (statuses: readonly number[], askedMs: number) => boolean,
  ): Promise<number> {
    const since = performance.now()
    for (;;) {
      const askedMs = performance.now() - since
      if (isOver(await this.#probe(by), askedMs)) return askedMs
      await delay(PROBE_INTERVAL_MS, undefined, { signal: this.options.signal })
    }
  }

  #probe(by: Sender): Promise<readonly number[]> {
    return Promise.all(below(REQUESTS_PER_PROBE).map(() => this.statusOf(by)))
  }
}

function isAcceptedByAll(statuses: readonly number[]): boolean {
  return statuses.every((status) => status === 200)
}
