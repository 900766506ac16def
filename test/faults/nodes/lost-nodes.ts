import type { CassandraNode } from '../../stack/cassandra-cluster.ts'
import type { FigureOptions, Measured } from '../figure.ts'
import { withCassandra } from '../figure-service.ts'
import { underLoad } from '../lanes.ts'
import { WRITTEN_TABLE_BODY } from '../written-item.ts'
import { type Asked, CheckedLane } from './checked-lane.ts'

const NODES = 3
const CLIENTS = 8

/**
 * Reads and writes on three nodes while `lose` stops some of them and starts them again.
 *
 * @param judge receives the result of `lose`, all requests made during it, and the wrong responses
 */
export function measureLostNodes<Times>(
  options: FigureOptions,
  lose: (nodes: readonly CassandraNode[], asked: () => readonly Asked[]) => Promise<Times>,
  judge: (asked: readonly Asked[], times: Times, wrong: readonly string[]) => Measured,
): Promise<Measured> {
  const wanted = { nodes: NODES, services: 1, workers: 2 }
  return withCassandra(wanted, options, async ([service], nodes) => {
    await service.client().done('tables', WRITTEN_TABLE_BODY)
    const lanes = service
      .clients(CLIENTS)
      .map((client, i) => new CheckedLane(`lane-${i}`, client, options.random))
    const asked = () => lanes.flatMap((lane) => lane.asked)
    const step = (lane: CheckedLane) => lane.step()
    const times = await underLoad(lanes, step, () => lose(nodes, asked))
    const during = asked()
    for (const lane of lanes) await lane.readAll()
    const wrong = lanes.flatMap((lane) => lane.wrong)
    return judge(during, times, wrong)
  })
}
