import { setTimeout as delay } from 'node:timers/promises'
import { p99 } from '../../../support/quantile.ts'
import { type Figure, type FigureOptions, type Measured, violated } from '../../figure.ts'
import { withCassandra } from '../../figure-service.ts'
import { underLoad } from '../../lanes.ts'
import { type Asked, createRegisters } from '../../swaps/register.ts'

const NODES = 3
const CLIENTS = 8
const REGISTERS_PER_CLIENT = 5
const POLL_INTERVAL_MS = 50
const CONTROLS = ['dropped-acknowledgement', 'stale-read'] as const

/** When each phase began. */
interface Times {
  readonly warm: number
  readonly down: number
  /** The nodes are gone. */
  readonly lost: number
  readonly starting: number
  readonly back: number
}

interface Plan {
  readonly loses: number
  readonly settleMs: number
  readonly warmUpMs: number
  readonly downMs: number
  /** After the nodes' return, if `isOver` does not end it before. */
  readonly backMs: number
  isOver?(asked: readonly Asked[]): boolean
  judge(asked: readonly Asked[], times: Times, options: FigureOptions): Measured
}

/** Each client reads and conditionally writes its own registers on three nodes, of which some are
 * killed and come back. */
function measureLost(plan: Plan, options: FigureOptions): Promise<Measured> {
  const { random, short, signal } = options
  const share = short ? 1 / 3 : 1
  const pause = (ms: number) => delay(share * ms, undefined, { signal })
  const wanted = { nodes: NODES, services: 1, section: { workers: 2 } }
  return withCassandra(wanted, options, async ([service], nodes) => {
    const client = service.client()
    const registers = await createRegisters(client, CLIENTS * REGISTERS_PER_CLIENT)
    const asked = () => registers.flatMap((register) => register.asked)
    const lanes = service.clients(CLIENTS).map((own, lane) => {
      const registersOfLane = registers.filter((_, i) => i % CLIENTS === lane)
      return () => random.pick(registersOfLane).use(own, random)
    })
    const use = (lane: () => Promise<boolean>) => lane()
    const times = await underLoad(lanes, use, async () => {
      await pause(plan.settleMs)
      const warm = performance.now()
      await pause(plan.warmUpMs)
      const first = random.below(NODES)
      const victims = nodes.filter((_, i) => (i + NODES - first) % NODES < plan.loses)
      const down = performance.now()
      await Promise.all(victims.map((node) => node.kill()))
      const lost = performance.now()
      await pause(plan.downMs)
      const starting = performance.now()
      await Promise.all(victims.map((node) => node.start()))
      const back = performance.now()
      const isLate = () => performance.now() > back + share * plan.backMs
      while (!isLate() && !plan.isOver?.(asked())) {
        await delay(POLL_INTERVAL_MS, undefined, { signal })
      }
      return { warm, down, lost, starting, back }
    })
    const wrong = await Promise.all(registers.map((register) => register.faults(client)))
    const { faults, ...judged } = plan.judge(asked(), times, options)
    return { ...judged, value: wrong.flat().length, faults: [...wrong.flat(), ...faults] }
  })
}

/** With success, or that a swap's condition is false. */
const isAnswered = ({ status }: Asked) => status === 200 || status === 400
const hasFailed = (asked: Asked) => !isAnswered(asked)

function summary(asked: readonly Asked[]) {
  const times = asked.map(({ ms }) => ms)
  const slowestMs = Math.round(Math.max(0, ...times))
  return {
    asked: asked.length,
    failed: asked.filter(hasFailed).length,
    p99Ms: p99(times),
    slowestMs,
  }
}

/** Milliseconds for requests under way when the node dies. */
const SHOCK_MS = 2_000
const FAILED_SHARE_MAX = 0.005
const DOWN_FACTOR_MAX = 3
const BACK_FACTOR_MAX = 1.5
/** Milliseconds for the warm-up, and for a restarted node to catch up. */
const SETTLED_MS = 10_000
const ONE_LOST: Plan = {
  ...{ loses: 1, settleMs: SETTLED_MS, warmUpMs: 30_000, downMs: 20_000, backMs: 40_000 },
  judge(asked, { warm, down, starting, back }, { short }) {
    const between = (from: number, to = Number.POSITIVE_INFINITY) =>
      summary(asked.filter(({ at }) => at >= from && at < to))
    const before = between(warm, down)
    const shock = between(down - SHOCK_MS, down + SHOCK_MS)
    const without = between(down + SHOCK_MS, starting)
    const again = between(back + SETTLED_MS)
    const after = between(down + SHOCK_MS)
    const isSlow = (phase: typeof before, factorMax: number) =>
      !short && phase.p99Ms > factorMax * before.p99Ms
    return {
      target:
        `0 wrong, ${100 * FAILED_SHARE_MAX} % failed after ${SHOCK_MS / 1_000} s, p99 within ` +
        `${DOWN_FACTOR_MAX} times without the node and ${BACK_FACTOR_MAX} times with it back`,
      faults: violated({
        [`${after.failed} of ${after.asked} failed`]: after.failed > FAILED_SHARE_MAX * after.asked,
        [`p99 ${without.p99Ms} ms without the node`]: isSlow(without, DOWN_FACTOR_MAX),
        [`p99 ${again.p99Ms} ms with the node back`]: isSlow(again, BACK_FACTOR_MAX),
      }),
      detail: { before, shock, without, again, after, startMs: Math.round(back - starting) },
    }
  },
}

/** A node is killed under load and comes back. */
export const NODE_LOSS: Figure = {
  name: '4',
  shows: 'wrong or failed answers when one of three nodes is lost',
  controls: CONTROLS,
  measure: (options) => measureLost(ONE_LOST, options),
}

/** Milliseconds until the remaining node notices the loss. Before, it waits for the lost nodes. */
const DETECTION_MS = 20_000
const UNDETECTED_ANSWER_MS_MAX = 11_000
const ANSWER_MS_MAX = 3_000
const RECOVERY_MS_MAX = 30_000
/** Consecutive successful responses after which the service counts as recovered. */
const RECOVERED_ANSWERS = 50
const QUORUM_LOST: Plan = {
  ...{ loses: 2, settleMs: 0, warmUpMs: 15_000, downMs: 45_000, backMs: 120_000 },
  isOver(asked) {
    const latest = asked.toSorted((a, b) => a.at - b.at).slice(-RECOVERED_ANSWERS)
    return latest.length === RECOVERED_ANSWERS && latest.every(isAnswered)
  },
  judge(asked, { lost, starting, back }) {
    const during = asked.filter(({ at, ms }) => at >= lost && at + ms < starting)
    const isUndetected = ({ at }: Asked) => at - lost < DETECTION_MS
    const isLate = (each: Asked) =>
      each.ms > (isUndetected(each) ? UNDETECTED_ANSWER_MS_MAX : ANSWER_MS_MAX)
    const failedLast = Math.max(...asked.filter(hasFailed).map(({ at, ms }) => at + ms))
    const recoveryMs = Math.round(Math.max(0, failedLast - back))
    const some = (what: string, found: readonly Asked[]) =>
      found.length > 0 ? [`${found.length} ${what}: ${JSON.stringify(found[0])}`] : []
    return {
      target:
        `0 wrong, none answered without a quorum, errors within ${ANSWER_MS_MAX / 1_000} s once ` +
        `it is known, recovery within ${RECOVERY_MS_MAX / 1_000} s`,
      faults: [
        ...some('answered without a quorum', during.filter(isAnswered)),
        ...some(
          'got no answer',
          asked.filter(({ status }) => status === 0),
        ),
        ...some('are not told when to come again', during.filter(isUnhelpful)),
        ...some('were answered late', during.filter(isLate)),
        ...violated({
          [`failed for ${recoveryMs} ms after they were back`]: recoveryMs > RECOVERY_MS_MAX,
          'nothing was asked without a quorum': during.length === 0,
        }),
      ],
      detail: {
        all: summary(asked),
        undetected: summary(during.filter(isUndetected)),
        detected: summary(during.filter((each) => !isUndetected(each))),
        unknown: during.filter(({ status }) => status === 500).length,
        recoveryMs,
      },
    }
  },
}

/** Two of three nodes are killed under load and come back. */
export const QUORUM_LOSS: Figure = {
  name: '5',
  shows: 'answers without a quorum that are wrong, late or not an error',
  controls: CONTROLS,
  measure: (options) => measureLost(QUORUM_LOST, options),
}

/** A 503 must have Retry-After; a 500 is allowed only for a write with an unknown outcome. */
function isUnhelpful(asked: Asked): boolean {
  const { operation, status, retryAfter } = asked
  if (isAnswered(asked) || status === 0) return false
  return status === 503 ? !retryAfter : status !== 500 || operation === 'get_item'
}
