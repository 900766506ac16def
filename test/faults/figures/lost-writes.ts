import { setTimeout as delay } from 'node:timers/promises'
import type { CassandraNode } from '../../stack/cassandra-cluster.ts'
import type { HttpClient } from '../../support/http-client.ts'
import { quantile } from '../../support/quantile.ts'
import { type Service, sendSignal, untilReplaced } from '../../support/service.ts'
import { until } from '../../support/until.ts'
import { type Figure, type FigureOptions, limitMs } from '../figure.ts'
import { onStorage, withCassandra } from '../figure-service.ts'
import { underLoad } from '../lanes.ts'
import { openLanes, verified, type WritingLane } from '../writing-lane.ts'

const WORKERS = 2
const SECTION = { workers: WORKERS }
const write = (lane: WritingLane) => lane.write()

const CYCLES = 200
const CYCLES_SHORT = 6
const KILL_AFTER_MS_MIN = 120
const KILL_AFTER_MS_MAX = 500
const REOPEN_MS_MAX = 2_000

/** The service is killed repeatedly while it writes. */
export const LOST_WRITES_LMDB: Figure = {
  name: '1',
  shows: 'acknowledged writes that LMDB loses when the service is killed',
  controls: ['early-acknowledgement'],
  measure: onStorage('lmdb', SECTION, async (service, options) => {
    const { random, short, signal } = options
    const cycles = short ? CYCLES_SHORT : CYCLES
    const lanes = await openLanes(service, 16, random)
    const pause = () =>
      delay(KILL_AFTER_MS_MIN + random.below(KILL_AFTER_MS_MAX - KILL_AFTER_MS_MIN))
    const reopened: number[] = []
    let found = await verified(lanes)
    while (reopened.length < cycles && found.faults.length === 0) {
      signal.throwIfAborted()
      await underLoad(lanes, write, async () => {
        await pause()
        if (random.below(2) === 0) await killWorker(service, options)
        await pause()
        await service.kill()
      })
      reopened.push(await service.start())
      found = await verified(lanes)
    }
    const { faults, ...counts } = found
    const lost = faults.length
    const reopenMsMax = limitMs(REOPEN_MS_MAX, options)
    const slow = reopened.filter((milliseconds) => milliseconds > reopenMsMax).length
    if (slow > 0) faults.push(`${slow} times it took more than ${reopenMsMax} ms to serve again`)
    const [median, max] = [quantile(reopened, 0.5), Math.max(...reopened)].map(Math.round)
    return {
      value: lost,
      target: `0 lost or torn in ${cycles} kills, serving again within ${reopenMsMax} ms`,
      faults,
      detail: { kills: reopened.length, ...counts, servingAgainMs: { median, max } },
    }
  }),
}

async function killWorker(service: Service, { random }: FigureOptions): Promise<void> {
  const workers = service.workers()
  if (workers.length === 0) return
  const victim = random.pick(workers)
  sendSignal(victim, 'SIGKILL')
  if (random.below(2) === 0) await untilReplaced(service, victim, WORKERS)
}

const NODES = 3
const LOAD_MS = 5_000
const LOAD_MS_SHORT = 2_000

/** Each node is killed in turn while the services write, then all nodes at once. */
export const LOST_WRITES_CASSANDRA: Figure = {
  name: '3',
  shows: 'acknowledged writes that Cassandra loses when its nodes are killed',
  controls: ['dropped-acknowledgement', 'early-acknowledgement'],
  measure(options) {
    const wanted = { nodes: options.short ? 1 : NODES, services: 1, section: SECTION }
    return withCassandra(wanted, options, async ([service], nodes) => {
      const lanes = await openLanes(service, 8, options.random)
      await underLoad(lanes, write, () => killNodes(nodes, options))
      await untilServing(service.client())
      const { faults, ...counts } = await verified(lanes)
      const detail = { nodes: wanted.nodes, ...counts }
      return { value: faults.length, target: '0 lost or torn', faults, detail }
    })
  },
}

async function killNodes(nodes: readonly CassandraNode[], { short, signal }: FigureOptions) {
  const loaded = () => delay(short ? LOAD_MS_SHORT : LOAD_MS, undefined, { signal })
  await loaded()
  for (const node of nodes.length > 1 ? nodes : []) {
    await node.kill()
    await loaded()
    await node.start()
    await loaded()
  }
  await Promise.all(nodes.map((node) => node.kill()))
  // All at once, because nodes may wait for each other.
  await Promise.all(nodes.map((node) => node.start()))
  await loaded()
}

/** The nodes may need a moment to find each other again. */
function untilServing(client: HttpClient): Promise<void> {
  const read = { key: { lane: { S: 'any' } }, consistent_read: true }
  const serves = async () => (await client.post('tables/counts/get_item', read)).status === 200
  return until('the cluster serves', serves, { pauseMs: 200 })
}
