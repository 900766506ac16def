/**
 * Cassandra nodes without containers: a JDK runs the server's jars, which Apache publishes through
 * Maven, with the same files as devstack's plugin.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Client } from 'cassandra-driver'
import { RestartableServer } from '../support/restartable-server.ts'
import { until } from '../support/until.ts'
import { type CassandraConfig, cassandraYaml } from './cassandra-config.ts'
import { downloadJars, requireJava } from './downloads/java.ts'
import { CQL_HANDSHAKE } from './handshake.ts'
import type { PartOptions } from './part.ts'
import { freePort } from './ports.ts'
import { type Server, startServer } from './processes.ts'
import { sourceFile } from './project.ts'

const HEAP = '600m'
const START_LIMIT_MS = 120_000
/** Milliseconds for which a node looks for others. */
const RING_DELAY_MS = 3_000
const FILES = 'devstack/files/cassandra'

type Installation = Awaited<ReturnType<typeof install>>

/** Its data stays in the folder when it is stopped. */
type LocalNode = Omit<CassandraConfig, 'storage'> & {
  readonly folder: string
  readonly heap: string
}

export type CassandraNode = RestartableServer & { readonly address: string }

/**
 * Starts local nodes of one cluster, one after another. Several nodes have different loopback
 * addresses. The caller kills them.
 */
export async function startCassandraCluster(
  count: number,
  options: PartOptions & Partial<Pick<LocalNode, 'tombstones' | 'heap' | 'forgetful'>>,
) {
  const installation = await install(options)
  const [nativePort, storagePort] = [await freePort(), await freePort()]
  const addresses = Array.from({ length: count }, (_, i) => `127.0.${count > 1 ? 1 : 0}.${i + 1}`)
  const [seed = ''] = addresses
  const nodes: CassandraNode[] = []
  try {
    for (const address of addresses) {
      const folder = join(options.folder, address)
      await mkdir(folder)
      const { signal, folder: _, ...own } = options
      const where = { folder, address, seed, nodes: count, nativePort, storagePort }
      const local = { heap: HEAP, ...own, ...where }
      const server = new RestartableServer(() => startNode(installation, local, signal))
      nodes.push(Object.assign(server, { address }))
      await server.start()
    }
    if (count > 1) await untilAllKnown(addresses, nativePort)
    return { nodes, port: nativePort, version: installation.version } as const
  } catch (error) {
    for (const node of nodes) await node.kill()
    throw error
  }
}

/** Resolves when each node knows all others, as the service needs to replicate to all of them. */
async function untilAllKnown(addresses: readonly string[], port: number): Promise<void> {
  for (const address of addresses) {
    await until(`${address} knows all nodes`, async () => {
      const contact = { contactPoints: [address], protocolOptions: { port } }
      const client = new Client({ ...contact, localDataCenter: 'datacenter1' })
      try {
        await client.connect()
        return client.hosts.length === addresses.length
      } finally {
        await client.shutdown()
      }
    })
  }
}

/** What every node is started with: a version, and the folder of its jars. */
async function install(options: PartOptions) {
  const java = await requireJava(options)
  const jars = await downloadJars('cassandra', sourceFile(`${FILES}/pom.xml`), options)
  const names = await readdir(jars)
  const agent = names.find((name) => /^jamm-.*\.jar$/.test(name)) ?? ''
  const server = names.find((name) => /^cassandra-all-.*\.jar$/.test(name)) ?? ''
  return { version: server.replace(/^cassandra-all-|\.jar$/g, ''), java, jars, agent }
}

/** Starts a node, with the data in its folder. */
async function startNode(
  { java, jars, agent }: Installation,
  node: LocalNode,
  signal: AbortSignal,
): Promise<Server> {
  const { folder, address, heap } = node
  const storage = join(folder, 'storage')
  const config = join(folder, 'cassandra.yaml')
  const logging = sourceFile(`${FILES}/logback.xml`)
  await mkdir(storage, { recursive: true })
  await writeFile(config, cassandraYaml({ ...node, storage }))
  const args = [
    ...[`-Xms${heap}`, `-Xmx${heap}`, `@${sourceFile(`${FILES}/java17.args`)}`],
    ...[`-javaagent:${join(jars, agent)}`, `-Djava.io.tmpdir=${folder}`],
    `-Dcassandra.config=${pathToFileURL(config).href}`,
    `-Dlogback.configurationFile=${pathToFileURL(logging).href}`,
    ...[`-Dcassandra.storagedir=${storage}`, '-Dcassandra.skip_wait_for_gossip_to_settle=0'],
    `-Dcassandra.ring_delay_ms=${node.nodes > 1 ? RING_DELAY_MS : 100}`,
    ...['-cp', join(jars, '*'), 'org.apache.cassandra.service.CassandraDaemon'],
  ]
  return startServer(java, args, {
    ...{ cwd: folder, log: join(folder, 'cassandra.log'), signal, limitMs: START_LIMIT_MS },
    ...{ host: address, port: node.nativePort, handshake: CQL_HANDSHAKE },
  })
}
