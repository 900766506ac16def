/**
 * A Cassandra node without a container: a JDK runs the server's jars, which Apache publishes
 * through Maven, with the same files as devstack's plugin.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type CassandraConfig, cassandraYaml, TEST_TOMBSTONES } from './cassandra-config.ts'
import { downloadJars, requireJava } from './downloads/java.ts'
import type { PartOptions } from './part.ts'
import { freePort } from './ports.ts'
import { type Server, startServer } from './processes.ts'
import { sourceFile } from './project.ts'

const START_LIMIT_MS = 120_000
/** Milliseconds for which a node looks for others. */
const RING_DELAY_MS = 3_000
const FILES = 'devstack/files/cassandra'

/** The programs that all nodes are started with. */
export type CassandraInstallation = {
  readonly version: string
  readonly java: string
  /** The folder of the server's jars. */
  readonly jars: string
  readonly agent: string
}

export type LocalNode = Pick<
  CassandraConfig,
  'address' | 'nativePort' | 'storagePort' | 'tombstones' | 'forgetful'
> & {
  /** Keeps the node's data while it is stopped. */
  readonly folder: string
  readonly seed: string
  readonly nodes: number
  readonly heap: string
}

export type LocalCassandra = Server & { readonly version: string; readonly port: number }

/** Starts a cluster of one node. */
export async function startLocalCassandra(options: PartOptions): Promise<LocalCassandra> {
  const installation = await installCassandra(options)
  const port = await freePort()
  const node: LocalNode = {
    ...{ folder: options.folder, address: '127.0.0.1', seed: '127.0.0.1', nodes: 1, heap: '1g' },
    ...{ nativePort: port, storagePort: await freePort(), tombstones: TEST_TOMBSTONES },
  }
  const running = await startNode(installation, node, options.signal)
  return { ...running, port, version: installation.version }
}

export async function installCassandra(options: PartOptions): Promise<CassandraInstallation> {
  const java = await requireJava(options)
  const jars = await downloadJars('cassandra', sourceFile(`${FILES}/pom.xml`), options)
  const names = await readdir(jars)
  const agent = names.find((name) => /^jamm-.*\.jar$/.test(name)) ?? ''
  const server = names.find((name) => /^cassandra-all-.*\.jar$/.test(name)) ?? ''
  return { version: server.replace(/^cassandra-all-|\.jar$/g, ''), java, jars, agent }
}

/** Starts a node, with the data in its folder. */
export async function startNode(
  { java, jars, agent }: CassandraInstallation,
  node: LocalNode,
  signal: AbortSignal,
): Promise<Server> {
  const { folder, address, heap } = node
  const storage = join(folder, 'storage')
  const config = join(folder, 'cassandra.yaml')
  const logging = sourceFile(`${FILES}/logback.xml`)
  await mkdir(storage, { recursive: true })
  await writeFile(config, cassandraYaml({ ...node, storage, rpcAddress: address }))
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
    ...{ cwd: folder, log: join(folder, 'cassandra.log'), signal, host: address },
    ...{ port: node.nativePort, limitMs: START_LIMIT_MS },
  })
}
