import { join } from 'node:path'
import { type CassandraNode, startCassandraCluster } from '../stack/cassandra-cluster.ts'
import { FaultedService } from './faulted-service.ts'
import type { FigureOptions } from './figure.ts'

export interface CassandraServices {
  readonly nodes: readonly CassandraNode[]
  readonly services: readonly FaultedService[]
}

/** Services on a Cassandra cluster of their own that replicates to all of its nodes. */
export async function withCassandra<T>(
  wanted: { readonly nodes: number; readonly services: number; readonly workers: number },
  { folder, signal, bug }: FigureOptions,
  use: (running: CassandraServices) => Promise<T>,
): Promise<T> {
  const { nodes, port } = await startCassandraCluster(wanted.nodes, { folder, signal })
  const services: FaultedService[] = []
  try {
    const config = {
      DEFAULT: { storage_driver: 'cassandra', workers: wanted.workers },
      cassandra: {
        contact_points: nodes.map(({ address }) => address).join(','),
        port,
        replication_factor: wanted.nodes,
      },
    }
    for (let i = 0; i < wanted.services; i++) {
      services.push(
        await FaultedService.start({ config, folder: join(folder, `service-${i}`), bug }),
      )
    }
    return await use({ nodes, services })
  } finally {
    for (const service of services) await service.stop()
    for (const node of nodes) await node.kill()
  }
}
