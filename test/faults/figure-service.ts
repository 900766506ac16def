import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CassandraNode, startCassandraCluster } from '../stack/cassandra-cluster.ts'
import { type ConfigSections, Service, type ServiceOptions } from '../support/service.ts'
import type { Figure, FigureOptions, Measured } from './figure.ts'

const BUGGY_MAIN = fileURLToPath(new URL('./service-bugs.js', import.meta.url))

type MoreOptions = Pick<ServiceOptions, 'startedBy' | 'environment'>

/** Starts a service with the figure's planted bug, in a folder of this name. */
export function startService(
  name: string,
  config: ConfigSections,
  { folder, bug }: FigureOptions,
  more: MoreOptions = {},
): Promise<Service> {
  const environment = { ...more.environment, MAGNETODB_TEST_BUG: bug }
  const planted = bug !== undefined && { main: BUGGY_MAIN, environment }
  return Service.start(config, { folder: join(folder, name), ...more, ...planted })
}

export type Services = readonly [Service, ...Service[]]

/** Uses services with the same configuration, which are stopped afterwards. */
export async function withServices<T>(
  count: number,
  config: ConfigSections,
  options: FigureOptions,
  use: (services: Services) => Promise<T>,
  more: MoreOptions = {},
): Promise<T> {
  const services: Service[] = []
  try {
    while (services.length < count) {
      services.push(await startService(`service-${services.length}`, config, options, more))
    }
    return await use(services as [Service, ...Service[]])
  } finally {
    for (const service of services) await service.stop()
  }
}

/** Measures a service with a storage of its own; Cassandra has one node. */
export function onStorage(
  storage_driver: string,
  section: ConfigSections[string],
  measure: (service: Service, options: FigureOptions) => Promise<Measured>,
): Figure['measure'] {
  const config = { DEFAULT: { ...section, storage_driver } }
  const cassandra = { nodes: 1, services: 1, section }
  return (options) =>
    storage_driver === 'cassandra'
      ? withCassandra(cassandra, options, ([service]) => measure(service, options))
      : withServices(1, config, options, ([service]) => measure(service, options))
}

interface CassandraWanted {
  readonly nodes: number
  readonly services: number
  /** `[DEFAULT]` of the services. */
  readonly section: ConfigSections[string]
}

/** Runs `use` with services on their own Cassandra cluster, which replicates to all its nodes. */
export async function withCassandra<T>(
  wanted: CassandraWanted,
  options: FigureOptions,
  use: (services: Services, nodes: readonly CassandraNode[]) => Promise<T>,
): Promise<T> {
  const { nodes, port } = await startCassandraCluster(wanted.nodes, options)
  const contact_points = nodes.map(({ address }) => address).join(',')
  const config = {
    DEFAULT: { ...wanted.section, storage_driver: 'cassandra' },
    cassandra: { contact_points, port, replication_factor: wanted.nodes },
  }
  try {
    return await withServices(wanted.services, config, options, (all) => use(all, nodes))
  } finally {
    for (const node of nodes) await node.kill()
  }
}
