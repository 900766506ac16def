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

/** Forged tokens as fast as they are answered, and what becomes of those who are new and honest. */

/** Each asks when it was answered, and not at once: a thousand a second at most. */
const FORGERS = 32
const FORGER_PAUSE_MS = 30
/** They end by then, whatever has become of the others. */
const FORGED_MAX = 60_000
/** Between two honest tokens. */
const FORGED_BETWEEN = 100
const HONEST_TOKENS = 20
const ATTACKER = '127.0.0.1'
const NEIGHBOUR = '127.0.0.2'
const WORKERS = 4
/** Of each worker: ADR 5. What is asked for a forger while an honest token waits its turn. */
const ASKED_FOR_FORGERS_MAX = WORKERS * 32
/** Who shares the forger's address is told to come later, more or less often. */
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
    // That a machine at anything answers late is no refusal.
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

/** Answers to forged tokens, by status. */
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

  /** Resolves when so many more have been answered. */
  async more(count: number): Promise<void> {
    const enough = this.answered + count
    while (this.answered < enough) await new Promise<void>((look) => this.#waiting.push(look))
  }
}

interface Accepted {
  readonly tries: number
  /** Forged tokens that Keystone was asked about meanwhile. */
  readonly askedForged: number
}

/** A new token is tried until it is accepted. */
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
