import type { Client } from 'cassandra-driver'
import { replicationFactor } from '../../config/replication-factor.ts'
import { StorageUnavailableError } from '../driver.ts'
import { type CassandraOptions, replicationFactorsOf } from './options.ts'

/** Retrying does not help: the option or the cluster must be changed. */
export class ReplicationError extends StorageUnavailableError {}

/**
 * Must be called before a keyspace is created: with more replicas than nodes a quorum may never
 * answer. Nodes that are down count, since they come back.
 *
 * @throws ReplicationError that names the option
 */
export function checkReplication(client: Client, options: CassandraOptions): void {
  for (const { place, copies, nodes } of placesOf(client, options)) {
    if (copies <= nodes) continue
    const factor = replicationFactor().format(options.replication_factor)
    throw new ReplicationError(
      `[cassandra] replication_factor = ${factor} is more than ${place} has nodes (${nodes}): ` +
        'no keyspace was created',
    )
  }
}

interface Place {
  readonly place: string
  readonly copies: number
  readonly nodes: number
}

function placesOf(client: Client, options: CassandraOptions): readonly Place[] {
  const dataCenters = client.hosts.values().map(({ datacenter }) => datacenter)
  return replicationFactorsOf(options).flatMap(({ dataCenter, copies }) => {
    if (options.replication_class === 'SimpleStrategy') {
      return [{ place: 'the cluster', copies, nodes: dataCenters.length }]
    }
    const named = dataCenter === undefined ? new Set(dataCenters) : [dataCenter]
    return [...named].map((name) => ({
      place: `the data center ${name}`,
      copies,
      nodes: dataCenters.filter((other) => other === name).length,
    }))
  })
}
