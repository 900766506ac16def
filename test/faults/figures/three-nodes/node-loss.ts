import { setTimeout as delay } from 'node:timers/promises'
import type { CassandraNode } from '../../../stack/cassandra-cluster.ts'
import { p99 } from '../../../support/quantile.ts'
import type { Figure, FigureOptions, Measured } from '../../figure.ts'
import type { Asked } from '../../nodes/checked-lane.ts'
import { measureLostNodes } from '../../nodes/lost-nodes.ts'

const WARM_UP_MS = 30_000
const DOWN_MS = 20_000
const BACK_MS = 40_000
/** Milliseconds for requests under way when the node dies. */
const SHOCK_MS = 2_000
const FAILED_SHARE_MAX = 0.005
const DOWN_FACTOR_MAX = 3
const BACK_FACTOR_MAX = 1.5
/** Milliseconds for the warm-up, and for a restarted node to catch up. */
const SETTLED_MS = 10_000

/** A node is killed under load and comes back. */
export const NODE_LOSS: Figure = {
  name: '4',
  shows: 'wrong or failed answers when one of three nodes is lost',
  controls: ['dropped-acknowledgement', 'stale-read'],
  measure: (options) =>
    measureLostNodes(
      options,
      (nodes) => loseOne(nodes, options),
      (asked, times, wrong) => judge(asked, times, wrong, options),
    ),
}

/** Returns when each phase began. */
async function loseOne(nodes: readonly CassandraNode[], { random, short, signal }: FigureOptions) {
  const pause = (ms: number) => delay(short ? ms / 5 : ms, undefined, { signal })
  await pause(SETTLED_MS)
  const warm = performance.now()
  await pause(WARM_UP_MS)
  const victim = random.pick(nodes)
  const down = performance.now()
  await victim.kill()
  await pause(DOWN_MS)
  const starting = performance.now()
  await victim.start()
  const back = performance.now()
  await pause(BACK_MS)
  return { warm, down, starting, back }
}

function judge(
  asked: readonly Asked[],
  { warm, down, starting, back }: Awaited<ReturnType<typeof loseOne>>,
  wrong: readonly string[],
  { short }: FigureOptions,
): Measured {
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
