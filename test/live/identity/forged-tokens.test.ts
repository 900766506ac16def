import { randomBytes } from 'node:crypto'
import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { exchange } from '../../support/exchange.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { CredentialMaker } from '../credentials.ts'
import { keystoneSection } from '../keystone-section.ts'

/** Clients with new valid tokens, beside a flood of forged tokens. */

/** Clients that send forged tokens: more than the calls that their address may have, in flight and
 * waiting, in all workers (36). So some are told to retry later, however fast Keystone is. Each
 * pauses after a response, so that they send a thousand a second at most. */
const FORGERS = 64
const FORGER_PAUSE_MS = 60
/** Forged tokens after which the flood ends in any case. */
const FORGED_MAX = 60_000
/** Forged tokens between two valid ones. */
const FORGED_BETWEEN = 100
const HONEST_TOKENS = 20
const ATTACKER = '127.0.0.1'
const NEIGHBOUR = '127.0.0.2'
const WORKERS = 4
/** Calls to Keystone for forged tokens while a valid one waits: 32 per worker (ADR 5). */
const ASKED_FOR_FORGERS_MAX = WORKERS * 32
/** Attempts of a client with the forgers' address, which is often told to retry later. */
const TRIES_MAX = 100
const TRY_PAUSE_MS = 50

const test = suite('forged tokens')
const keystone = keystoneFromEnv()
const { alpha } = keystone.data.projects
const maker = new CredentialMaker(keystone)
let service: Service
const agents = new Map<string, Agent>()

test.before(async () => {
  service = await Service.start({
    DEFAULT: { auth_strategy: 'keystone', workers: WORKERS },
    // A long timeout, so that late responses of a busy machine do not count as refusals.
    keystone_authtoken: { ...keystoneSection(keystone.data), http_connect_timeout: 30 },
  })
})

test.after(async () => {
  for (const agent of agents.values()) agent.destroy()
  assert.is(await service.stop(), 0)
})

async function statusOf(token: string, localAddress: string): Promise<number> {
  const agent = agents.get(localAddress) ?? new Agent({ keepAlive: true })
  agents.set(localAddress, agent)
  const url = `${service.url}/v1/data/${alpha.id}/tables`
  const headers = { 'X-Auth-Token': token }
  const { status } = await exchange({ url, headers, localAddress, agent, repeatable: true })
  return status
}

/** Responses to forged tokens by status. */
class Flood {
  readonly counts = new Map<number, number>()
  isOver = false
  #sent = 0
  #waiting: (() => void)[] = []

  get answered(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0)
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: FORGERS }, () => this.#forge()))
  }

  async #forge(): Promise<void> {
    while (!this.isOver) {
      assert.ok(this.#sent++ < FORGED_MAX, 'the honest ones were done before')
      const forged = `gAAAAA${randomBytes(130).toString('base64url')}`
      const status = await statusOf(forged, ATTACKER)
      this.counts.set(status, (this.counts.get(status) ?? 0) + 1)
      for (const look of this.#waiting.splice(0)) look()
      await delay(FORGER_PAUSE_MS)
    }
  }

  /** Resolves after this number of further responses. */
  async more(count: number): Promise<void> {
    const enough = this.answered + count
    while (this.answered < enough) await new Promise<void>((look) => this.#waiting.push(look))
  }
}

interface Accepted {
  readonly tries: number
  /** Calls to Keystone about forged tokens during this. */
  readonly askedForged: number
}

/** Sends a new token until it is accepted. */
async function accepted(token: string, address: string, flood: Flood): Promise<Accepted> {
  const before = flood.counts.get(401) ?? 0
  for (let tries = 1; ; tries++) {
    const status = await statusOf(token, address)
    if (status === 200) return { tries, askedForged: (flood.counts.get(401) ?? 0) - before }
    assert.is(status, 503)
    assert.ok(tries < TRIES_MAX, `${address}: not accepted`)
    await delay(TRY_PAUSE_MS)
  }
}

test('a new valid token is accepted during a flood of forged ones', async () => {
  const tokens: string[] = []
  while (tokens.length < 2 * HONEST_TOKENS) {
    tokens.push(await maker.userToken(alpha.users.member))
  }
  const flood = new Flood()
  const honest = async (address: string, own: readonly string[]): Promise<Accepted[]> => {
    const all: Accepted[] = []
    for (const token of own) {
      await flood.more(FORGED_BETWEEN)
      all.push(await accepted(token, address, flood))
    }
    return all
  }
  const flooding = flood.run()
  const both = Promise.all([
    honest(NEIGHBOUR, tokens.slice(0, HONEST_TOKENS)),
    honest(ATTACKER, tokens.slice(HONEST_TOKENS)),
  ]).finally(() => {
    flood.isOver = true
  })
  const [[elsewhere, beside]] = await Promise.all([both, flooding])
  console.log(JSON.stringify({ counts: [...flood.counts], elsewhere, beside }))
  assert.equal([...flood.counts.keys()].sort(), [401, 503])
  for (const { tries, askedForged } of elsewhere) {
    assert.is(tries, 1, 'from another address at once')
    assert.ok(askedForged <= ASKED_FOR_FORGERS_MAX, `${askedForged} forged ones came first`)
  }
})

test.run()
