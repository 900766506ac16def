import { setTimeout as delay } from 'node:timers/promises'
import { p99 } from '../../../support/quantile.ts'
import type { Figure } from '../../figure.ts'
import { type JudgeLost, measureLostNodes } from '../../nodes/lost-nodes.ts'
import type { Asked } from '../../writing-lane.ts'

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
    measureLostNodes(
      options,
      {
        ...{ loses: 'all but one', settleMs: 0, warmUpMs: WARM_UP_MS, downMs: LOST_MS },
        async untilOver(_, asked) {
          const { signal } = options
          const until = performance.now() + RECOVERY_LIMIT_MS
          while (!hasRecovered(asked()) && performance.now() < until) {
            await delay(POLL_INTERVAL_MS, undefined, { signal })
          }
        },
      },
      judge,
    ),
}

function hasRecovered(asked: readonly Asked[]): boolean {
  const latest = asked.toSorted((a, b) => a.at - b.at).slice(-RECOVERED_ANSWERS)
  return latest.length === RECOVERED_ANSWERS && latest.every(({ ok }) => ok)
}

const judge: JudgeLost = ({ asked, wrong }, { lost, starting, back }) => {
  const during = asked.filter(({ at, ms }) => at >= lost && at + ms < starting)
  const faults = [...wrong]
  const note = (what: string, all: readonly Asked[], isMeant: (asked: Asked) => boolean) => {
    const some = all.filter(isMeant)
    if (some.length > 0) faults.push(`${some.length} ${what}: ${JSON.stringify(some[0])}`)
  }
  const isLate = ({ at, ms }: Asked) =>
    ms > (at - lost < DETECTION_MS ? UNDETECTED_ANSWER_MS_MAX : ANSWER_MS_MAX)
  note('answered without a quorum', during, ({ ok }) => ok)
  note('got no answer', asked, ({ status }) => status === 0)
  note('are not told when to come again', during, isUnhelpful)
  note('were answered late', during, isLate)
  const failedLast = Math.max(...asked.filter(({ ok }) => !ok).map(({ at, ms }) => at + ms))
  const recoveryMs = Math.round(Math.max(0, failedLast - back))
  if (recoveryMs > RECOVERY_MS_MAX) faults.push(`failed for ${recoveryMs} ms after they were back`)
  if (during.length === 0) faults.push('nothing was asked without a quorum')
  const late = during.filter(({ ms }) => ms > ANSWER_MS_MAX)
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
      /** How long after the loss the last request was sent that waited for too long. */
      lateUntilMs: Math.round(Math.max(0, ...late.map(({ at }) => at - lost))),
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

function slowest(asked: readonly Asked[]): number {
  return Math.round(Math.max(0, ...asked.map(({ ms }) => ms)))
}
