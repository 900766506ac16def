import { p99 } from '../../../support/quantile.ts'
import type { Figure } from '../../figure.ts'
import { type JudgeLost, measureLostNodes, type Plan } from '../../nodes/lost-nodes.ts'
import type { Asked } from '../../writing-lane.ts'

const BACK_MS = 40_000
/** Milliseconds for requests under way when the node dies. */
const SHOCK_MS = 2_000
const FAILED_SHARE_MAX = 0.005
const DOWN_FACTOR_MAX = 3
const BACK_FACTOR_MAX = 1.5
/** Milliseconds for the warm-up, and for a restarted node to catch up. */
const SETTLED_MS = 10_000
const PLAN: Plan = {
  ...{ loses: 'one', settleMs: SETTLED_MS, warmUpMs: 30_000, downMs: 20_000 },
  untilOver: (pause) => pause(BACK_MS),
}

/** A node is killed under load and comes back. */
export const NODE_LOSS: Figure = {
  name: '4',
  shows: 'wrong or failed answers when one of three nodes is lost',
  controls: ['dropped-acknowledgement', 'stale-read'],
  measure: (options) => measureLostNodes(options, PLAN, judge),
}

const judge: JudgeLost = ({ asked, wrong }, { warm, down, starting, back }, { short }) => {
  const between = (from: number, to: number) => asked.filter(({ at }) => at >= from && at < to)
  const p99Of = (some: readonly Asked[]) => p99(some.map(({ ms }) => ms))
  const warmP99Ms = p99Of(between(warm, down))
  const downP99Ms = p99Of(between(down + SHOCK_MS, starting))
  const backP99Ms = p99Of(between(back + SETTLED_MS, Number.POSITIVE_INFINITY))
  const after = between(down + SHOCK_MS, Number.POSITIVE_INFINITY)
  const failed = after.filter(({ ok }) => !ok).length
  const faults = [...wrong]
  if (failed > FAILED_SHARE_MAX * after.length) faults.push(`${failed} of ${after.length} failed`)
  if (!short && downP99Ms > DOWN_FACTOR_MAX * warmP99Ms) {
    faults.push(`p99 ${downP99Ms} ms without the node, ${warmP99Ms} ms before`)
  }
  if (!short && backP99Ms > BACK_FACTOR_MAX * warmP99Ms) {
    faults.push(`p99 ${backP99Ms} ms with the node back, ${warmP99Ms} ms before`)
  }
  const shock = between(down - SHOCK_MS, down + SHOCK_MS)
  return {
    value: wrong.length,
    target:
      `0 wrong, ${100 * FAILED_SHARE_MAX} % failed after ${SHOCK_MS / 1_000} s, p99 within ` +
      `${DOWN_FACTOR_MAX} times without the node and ${BACK_FACTOR_MAX} times with it back`,
    faults,
    detail: {
      asked: asked.length,
      failed,
      failedAtOnce: shock.filter(({ ok }) => !ok).length,
      warmP99Ms,
      downP99Ms,
      backP99Ms,
      slowestMs: Math.round(Math.max(...asked.map(({ ms }) => ms))),
      startMs: Math.round(back - starting),
    },
  }
}
