import { setTimeout as delay } from 'node:timers/promises'
import type { CassandraNode } from '../../../stack/cassandra-cluster.ts'
import { p99 } from '../../../support/quantile.ts'
import type { Figure, FigureOptions, Measured } from '../../figure.ts'
import type { Asked } from '../../nodes/checked-lane.ts'
import { measureLostNodes } from '../../nodes/lost-nodes.ts'

const WARM_UP_MS = 15_000
const LOST_MS = 45_000
/** Milliseconds until the remaining node notices the loss. Before, it waits for the lost nodes. */
const DETECTION_MS = 20_000
const UNDETECTED_ANSWER_MS_MAX = 11_000
const ANSWER_MS_MAX = 3_000
const RECOVERY_MS_MAX = 30_000
/** Consecutive successful responses after which the service counts as recovered. */
const RECOVERED_ANSWERS = 50
const RECOVERY_LIMIT_MS = 120_000
const POLL_INTERVAL_MS = 50

/** Two of three nodes are killed under load and come back. */
export const QUORUM_LOSS: Figure = {
  name: '5',
  shows: 'answers without a quorum that are wrong, late or not an error',
  controls: ['dropped-acknowledgement', 'stale-read'],
  measure: (options) =>
    measureLostNodes(options, (nodes, asked) => loseTwo(nodes, asked, options), judge),
}

interface Times {
  readonly lost: number
  readonly starting: number
  /** When both nodes were back. */
  readonly back: number
}

async function loseTwo(
  nodes: readonly CassandraNode[],
  asked: () => readonly Asked[],
  { random, short, signal }: FigureOptions,
): Promise<Times> {
  const pause = (ms: number) => delay(short ? ms / 3 : ms, undefined, { signal })
  await pause(WARM_UP_MS)
  const left = random.pick(nodes)
  const victims = nodes.filter((node) => node !== left)
  await Promise.all(victims.map((node) => node.kill()))
  const lost = performance.now()
  await pause(LOST_MS)
  const starting = performance.now()
  await Promise.all(victims.map((node) => node.start()))
  const back = performance.now()
  while (!hasRecovered(asked()) && performance.now() - back < RECOVERY_LIMIT_MS) {
    await delay(POLL_INTERVAL_MS, undefined, { signal })
  }
  return { lost, starting, back }
}

function hasRecovered(asked: readonly Asked[]): boolean {
  const latest = [...asked].sort((a, b) => a.at - b.at).slice(-RECOVERED_ANSWERS)
  return latest.length === RECOVERED_ANSWERS && latest.every(({ ok }) => ok)
}

function judge(asked: readonly Asked[], times: Times, wrong: readonly string[]): Measured {
  const { lost, starting, back } = times
  const during = asked.filter(({ at, ms }) => at >= lost && at + ms < starting)
  const faults = [...wrong]
  const note = (what: string, some: readonly Asked[]) => {
    if (some.length > 0) faults.push(`${some.length} ${what}: ${JSON.stringify(some[0])}`)
  }
  const isLate = ({ at, ms }: Asked) =>
    ms > (at - lost < DETECTION_MS ? UNDETECTED_ANSWER_MS_MAX : ANSWER_MS_MAX)
  const answered = during.filter(({ ok }) => ok)
  note('answered without a quorum', answered)
  const unanswered = asked.filter(({ status }) => status === 0)
  note('got no answer', unanswered)
  note('are not told when to come again', during.filter(isUnhelpful))
  note('were answered late', during.filter(isLate))
  const failedLast = Math.max(...asked.filter(({ ok }) => !ok).map(({ at, ms }) => at + ms))
  const recoveryMs = Math.round(Math.max(0, failedLast - back))
  if (recoveryMs > RECOVERY_MS_MAX) faults.push(`failed for ${recoveryMs} ms after they were back`)
  if (during.length === 0) faults.push('nothing was asked without a quorum')
  const detected = during.filter(({ at }) => at - lost >= DETECTION_MS)
  return {
    value: wrong.length,
    target:
      `0 wrong, none answered without a quorum, errors within ${ANSWER_MS_MAX / 1_000} s once it ` +
      `is known, recovery within ${RECOVERY_MS_MAX / 1_000} s`,
    faults,
    detail: {
      asked: asked.length,
      without: during.length,
      unknown: during.filter(({ status }) => status === 500).length,
      slowestUndetectedMs: slowest(during.filter(({ at }) => at - lost < DETECTION_MS)),
      lateUntilMs: Math.round(lastLate(during, lost)),
      slowestMs: slowest(detected),
      p99Ms: p99(detected.map(({ ms }) => ms)),
      recoveryMs,
    },
  }
}

/** A 503 must have Retry-After; a 500 is allowed only for a write with an unknown outcome. */
function isUnhelpful({ kind, ok, status, retryAfter }: Asked): boolean {
  if (ok || status === 0) return false
  return status === 503 ? !retryAfter : status !== 500 || kind === 'read'
}

/** Milliseconds from the loss to the last request that waited too long. */
function lastLate(asked: readonly Asked[], lost: number): number {
  const late = asked.filter(({ ms }) => ms > ANSWER_MS_MAX)
  return Math.max(0, ...late.map(({ at }) => at - lost))
}

function slowest(asked: readonly Asked[]): number {
  return Math.round(Math.max(0, ...asked.map(({ ms }) => ms)))
}
