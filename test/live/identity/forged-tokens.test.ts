import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { CredentialMaker } from '../credentials.ts'
import { keystoneSection } from '../keystone-section.ts'
import { RunningService } from '../running-service.ts'

/** A thousand forged tokens a second, and what becomes of those who are new and honest. */

const FORGED_PER_SECOND = 1_000
const FLOOD_SECONDS = 6
const HONEST_TOKENS = 20
const ATTACKER = '127.0.0.1'
const NEIGHBOUR = '127.0.0.2'
/** On a machine that is at rest it is one second (ADR 0005); this one may be at anything. */
const ANSWERED_WITHIN_MS = 5_000

const test = suite('forged tokens')
const keystone = keystoneFromEnv()
const { alpha } = keystone.data.projects
const maker = new CredentialMaker(keystone)
let service: RunningService
const agents = new Map<string, http.Agent>()

test.before(async () => {
  service = await RunningService.start({
    DEFAULT: { auth_strategy: 'keystone', workers: 4 },
    keystone_authtoken: { ...keystoneSection(keystone.data), http_connect_timeout: 2 },
  })
})

test.after(async () => {
  for (const agent of agents.values()) agent.destroy()
  assert.is(await service.stop(), 0)
})

async function statusOf(token: string, localAddress: string): Promise<number> {
  const agent = agents.get(localAddress) ?? new http.Agent({ keepAlive: true, maxSockets: 400 })
  agents.set(localAddress, agent)
  const call = http.get(`${service.url}/v1/data/${alpha.id}/tables`, {
    headers: { 'X-Auth-Token': token },
    localAddress,
    agent,
  })
  const [response]: http.IncomingMessage[] = await once(call, 'response')
  response?.resume()
  return response?.statusCode ?? 0
}

/** Forged tokens at a steady pace, whatever the answers; how many of each status there were. */
async function flood(until: Promise<unknown>): Promise<Map<number, number>> {
  const counts = new Map<number, number>()
  const calls: Promise<void>[] = []
  let isOver = false
  const end = () => {
    isOver = true
  }
  until.then(end, end)
  const startedAt = performance.now()
  while (!isOver) {
    const due = ((performance.now() - startedAt) / 1_000) * FORGED_PER_SECOND
    while (calls.length < due) {
      const forged = `gAAAAA${randomBytes(130).toString('base64url')}`
      calls.push(
        statusOf(forged, ATTACKER).then((status) => {
          counts.set(status, (counts.get(status) ?? 0) + 1)
        }),
      )
    }
    await delay(5)
  }
  await Promise.all(calls)
  return counts
}

/** How long a new token takes until it is accepted, tried again when it is told to. */
async function acceptedAfterMs(token: string, address: string): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    const status = await statusOf(token, address)
    if (status === 200) return performance.now() - startedAt
    assert.is(status, 503)
    await delay(50)
  }
}

test('a new good token is soon validated, with a thousand forged ones a second', async () => {
  const make = () => maker.userToken(alpha.users.member)
  const tokens: string[] = []
  while (tokens.length < 2 * HONEST_TOKENS) tokens.push(await make())
  const honest = async (address: string, own: readonly string[]): Promise<number[]> => {
    const took: number[] = []
    for (const token of own) {
      await delay((FLOOD_SECONDS * 1_000) / HONEST_TOKENS)
      took.push(await acceptedAfterMs(token, address))
    }
    return took.sort((a, b) => a - b)
  }
  const both = Promise.all([
    honest(NEIGHBOUR, tokens.slice(0, HONEST_TOKENS)),
    honest(ATTACKER, tokens.slice(HONEST_TOKENS)),
  ])
  const counts = await flood(both)
  const [elsewhere, beside] = await both
  assert.equal([...counts.keys()].sort(), [401, 503])
  const worst = elsewhere.at(-1) ?? 0
  assert.ok(worst < ANSWERED_WITHIN_MS, `from another address: ${elsewhere.map(Math.round)} ms`)
  const median = beside[beside.length >> 1] ?? 0
  assert.ok(median < ANSWERED_WITHIN_MS, `from the same address: ${beside.map(Math.round)} ms`)
})

test.run()
