import { setTimeout as delay } from 'node:timers/promises'
import type { FigureOptions, Measured } from '../figure.ts'
import { withCassandra } from '../figure-service.ts'
import { underLoad } from '../lanes.ts'
import { type Asked, openLanes, verified, type WritingLane } from '../writing-lane.ts'

const NODES = 3
const CLIENTS = 8

export interface Plan {
  readonly loses: 'one' | 'all but one'
  readonly settleMs: number
  readonly warmUpMs: number
  readonly downMs: number
  /** Resolves when the nodes have been back for long enough. */
  untilOver(pause: (ms: number) => Promise<void>, asked: () => readonly Asked[]): Promise<void>
}

/** Returns when each phase began. */
interface Times {
  readonly warm: number
  readonly down: number
  /** They are gone. */
  readonly lost: number
  readonly starting: number
  readonly back: number
}

/** What was asked meanwhile, and which answers were wrong. */
interface Seen {
  readonly asked: readonly Asked[]
  readonly wrong: readonly string[]
}

/** Reads and conditional writes on three nodes, of which some are killed and come back. */
export function measureLostNodes(
  options: FigureOptions,
  { loses, settleMs, warmUpMs, downMs, untilOver }: Plan,
  judge: (seen: Seen, times: Times, options: FigureOptions) => Measured,
): Promise<Measured> {
  const { random, short, signal } = options
  const pause = (ms: number) => delay(short ? ms / 3 : ms, undefined, { signal })
  const wanted = { nodes: NODES, services: 1, section: { workers: 2 } }
  return withCassandra(wanted, options, async ([service], nodes) => {
    const lanes = await openLanes(service, CLIENTS, random)
    const asked = () => lanes.flatMap((lane) => lane.asked)
    const check = (lane: WritingLane) => lane.check()
    const times = await underLoad(lanes, check, async () => {
      await pause(settleMs)
      const warm = performance.now()
      await pause(warmUpMs)
      const chosen = random.pick(nodes)
      const victims = nodes.filter((node) => (node === chosen) === (loses === 'one'))
      const down = performance.now()
      await Promise.all(victims.map((node) => node.kill()))
      const lost = performance.now()
      await pause(downMs)
      const starting = performance.now()
      await Promise.all(victims.map((node) => node.start()))
      const back = performance.now()
      await untilOver(pause, asked)
      return { warm, down, lost, starting, back }
    })
    const { faults } = await verified(lanes)
    return judge({ asked: asked(), wrong: faults }, times, options)
  })
}

export type JudgeLost = Parameters<typeof measureLostNodes>[2]
