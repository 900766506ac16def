import { setTimeout as delay } from 'node:timers/promises'
import type { Credentials, Ec2Credential } from '../../stack/keystone-client.ts'
import { below } from '../../support/at-once.ts'
import type { Caller } from '../../support/http-client.ts'
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

interface Subject {
  readonly name: string
  readonly by: Sender
  takeAway(): Promise<unknown>
  readonly giveBack: (() => Promise<unknown>) | undefined
}

class Freshness extends KeystonePlay {
  #longestMs = 0

  async measure(): Promise<Measured> {
    const announced = await this.#announced()
    await this.#with(LONG_CACHE_SECONDS, async () => {
      const copies = await this.#watchAll(announced, ANNOUNCED_MS)
      for (const { name, by } of announced) {
        if ('key' in by) continue
        await this.store(by.token, copies.get(name) ?? '')
        const statuses = await this.#probe(by)
        if (statuses.includes(200)) this.faults.push(`${name}: a replayed entry was believed`)
      }
    })
    const others = [...(await this.#signed()), ...(await this.#unannounced())]
    await this.#with(CACHE_SECONDS, () => this.#watchAll(others, UNANNOUNCED_MS))
    return {
      value: this.#longestMs,
      target:
        `announced: ${limitMs(ANNOUNCED_MS, this.options)} ms at most; others, and taken back: ` +
        `${limitMs(UNANNOUNCED_MS, this.options)} ms; no replay believed`,
      faults: this.faults,
      detail: this.detail,
    }
  }

  async #announced(): Promise<readonly Subject[]> {
    const { keystone, alpha, maker } = this
    const revoked = await maker.userToken(alpha.users.member)
    const user = await maker.newUser(alpha.id, ['member'])
    const signer = await maker.newUser(alpha.id, ['member'])
    const key = await keystone.createEc2Credential(signer)
    const disable = ({ userId }: Credentials) => keystone.setUserEnabled(userId, false)
    return [
      subject('token revoked', { projectId: alpha.id, token: revoked }, async () =>
        keystone.revokeToken(await keystone.adminToken(), revoked),
      ),
      subject('user disabled', await this.#bearer(user), () => disable(user)),
      subject('signing user disabled', { key }, () => disable(signer)),
    ]
  }

  async #unannounced(): Promise<readonly Subject[]> {
    const { keystone, alpha, maker } = this
    const ofProject = await this.#memberOfNewProject()
    const ofRole = await maker.newUser(alpha.id, ['member'])
    const { domainId, member: ofDomain } = await maker.memberOfNewDomain()
    const robot = await maker.newUser(alpha.id, ['member'])
    const credential = await maker.newApplicationCredential(robot)
    const { id: token } = await keystone.issueApplicationCredentialToken(credential)
    const path = `/users/${robot.userId}/application_credentials/${credential.id}`
    const enable = (enabled: boolean) => keystone.setProjectEnabled(ofProject.projectId, enabled)
    return [
      subject(
        'project disabled',
        await this.#bearer(ofProject),
        () => enable(false),
        () => enable(true),
      ),
      subject('domain disabled', await this.#bearer(ofDomain), () =>
        keystone.setDomainEnabled(domainId, false),
      ),
      subject('role taken away', await this.#bearer(ofRole), () =>
        keystone.removeRole(alpha.id, ofRole.userId, 'member'),
      ),
      subject('application credential deleted', { projectId: alpha.id, token }, async () =>
        keystone.call('DELETE', path, { token: await maker.userToken(robot) }),
      ),
    ]
  }

  /** Creates EC2 credentials of new users in new projects. */
  async #signed(): Promise<readonly Subject[]> {
    const { keystone } = this
    const signer = async (
      name: string,
      takeAway: (key: Ec2Credential, user: Credentials) => Promise<unknown>,
      giveBack?: (user: Credentials) => Promise<unknown>,
    ) => {
      const user = await this.#memberOfNewProject()
      const key = await keystone.createEc2Credential(user)
      return subject(name, { key }, () => takeAway(key, user), giveBack && (() => giveBack(user)))
    }
    return [
      await signer('EC2 credential deleted', (key) => keystone.deleteEc2Credential(key)),
      await signer('EC2 secret replaced', (key) => keystone.rotateEc2Credential(key)),
      await signer('role of a signer taken away', (_, { projectId, userId }) =>
        keystone.removeRole(projectId, userId, 'member'),
      ),
      await signer(
        'project of a signer disabled',
        (_, { projectId }) => keystone.setProjectEnabled(projectId, false),
        ({ projectId }) => keystone.setProjectEnabled(projectId, true),
      ),
    ]
  }

  async #memberOfNewProject(): Promise<Credentials> {
    const projectId = await this.keystone.createProject(this.maker.unique('project'))
    return this.maker.newUser(projectId, ['member'])
  }

  async #bearer(user: Credentials): Promise<Caller> {
    return { token: await this.maker.userToken(user), projectId: user.projectId }
  }

  #with(seconds: number, play: () => Promise<unknown>): Promise<unknown> {
    const section = { token_cache_time: seconds, ec2_secret_cache_seconds: seconds }
    return this.withService(section, play)
  }

  /** The tokens' earlier entries in memcached, by subject. */
  async #watchAll(
    subjects: readonly Subject[],
    milliseconds: number,
  ): Promise<ReadonlyMap<string, string>> {
    const copies = new Map<string, string>()
    const judge = (name: string, tookMs: number) => {
      this.detail[name] = Math.round(tookMs)
      this.#longestMs = Math.max(this.#longestMs, Math.round(tookMs))
      const isLate = tookMs > limitMs(milliseconds, this.options)
      if (isLate) this.faults.push(`${name}: it took ${Math.round(tookMs)} ms`)
    }
    const watch = async ({ name, by, takeAway, giveBack }: Subject) => {
      for (let n = 0; n < 3; n++) {
        const statuses = await this.#probe(by)
        if (isAcceptedByAll(statuses)) continue
        this.faults.push(`${name}: it was not accepted in the first place: ${statuses}`)
      }
      if ('token' in by) copies.set(name, await this.entry(by.token))
      await takeAway()
      judge(name, await this.#lastAccepted(by))
      if (giveBack === undefined) return
      await giveBack()
      const isBack = (statuses: readonly number[], askedMs: number) =>
        isAcceptedByAll(statuses) || askedMs > GIVE_UP_MS
      judge(`${name}, and back`, await this.#probing(by, isBack))
    }
    await Promise.all(subjects.map(watch))
    return copies
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

function subject(
  name: string,
  by: Sender,
  takeAway: () => Promise<unknown>,
  giveBack?: () => Promise<unknown>,
): Subject {
  return { name, by, takeAway, giveBack }
}

function isAcceptedByAll(statuses: readonly number[]): boolean {
  return statuses.every((status) => status === 200)
}
