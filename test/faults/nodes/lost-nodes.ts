import type { CassandraNode } from '../../stack/cassandra-cluster.ts'
import type { FigureOptions, Measured } from '../figure.ts'
import { withCassandra } from '../figure-service.ts'
import { underLoad } from '../lanes.ts'
import { type Asked, openLanes, verified, type WritingLane } from '../writing-lane.ts'

const NODES = 3
const CLIENTS = 8

/**
 * Reads and conditional writes on three nodes while `lose` takes some away and brings them back.
 *
 * @param judge told what `lose` gives, what was asked meanwhile, and which answers were wrong
 */
export function measureLostNodes<Times>(
  options: FigureOptions,
  lose: (nodes: readonly CassandraNode[], asked: () => readonly Asked[]) => Promise<Times>,
  judge: (asked: readonly Asked[], times: Times, wrong: readonly string[]) => Measured,
): Promise<Measured> {
  const wanted = { nodes: NODES, services: 1, workers: 2 }
  return withCassandra(wanted, options, async ([service], nodes) => {
    const lanes = await openLanes(service, CLIENTS, options.random)
    const asked = () => lanes.flatMap((lane) => lane.asked)
    const check = (lane: WritingLane) => lane.check()
    const times = await underLoad(lanes, check, () => lose(nodes, asked))
    const { faults } = await verified(lanes)
    return judge(asked(), times, faults)
  })
}
