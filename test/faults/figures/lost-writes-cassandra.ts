import { setTimeout as delay } from 'node:timers/promises'
import { type CassandraServices, withCassandra } from '../cassandra-services.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { HttpClient } from '../http-client.ts'
import { startLoad } from '../lanes.ts'
import { COUNTS_TABLE_BODY, WritingLane } from '../writing-lane.ts'
import { WRITTEN_TABLE_BODY } from '../written-item.ts'

const NODES = 3
const LANES = 8
const LOAD_MS = 5_000
const LOAD_MS_SHORT = 2_000
const SERVING_LIMIT_MS = 60_000
const POLL_INTERVAL_MS = 200

/** Each node is killed in turn while the services write, then all at once. */
export const LOST_WRITES_CASSANDRA: Figure = {
  name: '3',
  shows: 'acknowledged writes that Cassandra loses when its nodes are killed',
  controls: ['dropped-acknowledgement', 'early-acknowledgement'],
  measure,
}

async function measure(options: FigureOptions): Promise<Measured> {
  const { short, random } = options
  const wanted = { nodes: short ? 1 : NODES, services: 1, workers: 2 }
  return withCassandra(wanted, options, async (running) => {
    const url = running.services[0]?.url ?? ''
    const client = new HttpClient(url)
    const clients = Array.from({ length: LANES }, () => new HttpClient(url))
    const lanes = clients.map((own, i) => new WritingLane(`lane-${i}`, own, random))
    try {
      await client.done('tables', WRITTEN_TABLE_BODY)
      await client.done('tables', COUNTS_TABLE_BODY)
      const load = startLoad(lanes, (lane) => lane.write())
      try {
        await killNodes(running, options)
      } finally {
        await load.end()
      }
      await untilServing(client)
      const verified = await Promise.all(lanes.map((lane) => lane.verify()))
      const faults = verified.flat()
      return {
        value: faults.length,
        target: '0 lost or torn',
        faults,
        detail: {
          nodes: wanted.nodes,
          acknowledged: lanes.reduce((sum, lane) => sum + lane.acknowledged, 0),
          unknown: lanes.reduce((sum, lane) => sum + lane.unknown, 0),
        },
      }
    } finally {
      for (const each of [client, ...clients]) each.close()
    }
  })
}

async function killNodes({ nodes }: CassandraServices, options: FigureOptions): Promise<void> {
  const { short, signal } = options
  const write = () => delay(short ? LOAD_MS_SHORT : LOAD_MS, undefined, { signal })
  await write()
  for (const node of nodes.length > 1 ? nodes : []) {
    await node.kill()
    await write()
    await node.start()
    await write()
  }
  await Promise.all(nodes.map((node) => node.kill()))
  // The first ones wait for the others where they have to.
  await Promise.all(nodes.map((node) => node.start()))
  await write()
}

/** The cluster may need a moment to find itself again. */
async function untilServing(client: HttpClient): Promise<void> {
  const deadline = performance.now() + SERVING_LIMIT_MS
  for (;;) {
    const reply = await client.post('tables/counts/get_item', {
      key: { lane: { S: 'any' } },
      consistent_read: true,
    })
    if (reply.kind === 'answered' && reply.status === 200) return
    if (performance.now() > deadline) throw new Error(`not serving: ${JSON.stringify(reply)}`)
    await delay(POLL_INTERVAL_MS)
  }
}
