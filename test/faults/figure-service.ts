import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CassandraNode, startCassandraCluster } from '../stack/cassandra-cluster.ts'
import { type ConfigSections, Service, type ServiceOptions } from '../support/service.ts'
import type { FigureOptions } from './figure.ts'

const DOCTORED_MAIN = fileURLToPath(new URL('./doctored-main.js', import.meta.url))

/** Starts a service with the figure's planted bug, in a folder of this name. */
export function startService(
  name: string,
  config: ConfigSections,
  { folder, bug }: FigureOptions,
  more: Pick<ServiceOptions, 'startedBy' | 'environment'> = {},
): Promise<Service> {
  const environment = { ...more.environment, MAGNETODB_TEST_BUG: bug }
  const planted = { main: DOCTORED_MAIN, environment }
  const options = { folder: join(folder, name), ...more, ...(bug !== undefined && planted) }
  return Service.start(config, options)
}

/** Runs `use` with a service, and stops it afterwards. */
export async function withService<T>(
  config: ConfigSections,
  options: FigureOptions,
  use: (service: Service) => Promise<T>,
  more: Pick<ServiceOptions, 'startedBy' | 'environment'> = {},
): Promise<T> {
  const service = await startService('service', config, options, more)
  try {
    return await use(service)
  } finally {
    await service.stop()
  }
}

/** Runs `use` with several services with the same configuration. */
export async function withServices<T>(
  count: number,
  config: ConfigSections,
  options: FigureOptions,
  use: (services: readonly Service[]) => Promise<T>,
): Promise<T> {
  const services: Service[] = []
  try {
    for (let i = 0; i < count; i++) {
      services.push(await startService(`service-${i}`, config, options))
    }
    return await use(services)
  } finally {
    for (const service of services) await service.stop()
  }
}

/** Runs `use` with services on their own Cassandra cluster, which replicates to all its nodes. */
export async function withCassandra<T>(
  wanted: { readonly nodes: number; readonly services: number; readonly workers: number },
  options: FigureOptions,
  use: (services: readonly [Service, ...Service[]], nodes: readonly CassandraNode[]) => Promise<T>,
): Promise<T> {
  const { nodes, port } = await startCassandraCluster(wanted.nodes, options)
  const contact_points = nodes.map(({ address }) => address).join(',')
  const config = {
    DEFAULT: { storage_driver: 'cassandra', workers: wanted.workers },
    cassandra: { contact_points, port, replication_factor: wanted.nodes },
  }
  try {
    return await withServices(wanted.services, config, options, ([first, ...others]) => {
      if (!first) throw new Error('there is no service')
      return use([first, ...others], nodes)
    })
  } finally {
    for (const node of nodes) await node.kill()
  }
}
