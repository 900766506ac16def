import { startCassandra } from '../../test/stack/cassandra.ts'
import type { BenchServer, StartOptions } from './bench-server.ts'
import { startMagnetodb } from './magnetodb.ts'

/**
 * MagnetoDB on its own Cassandra node, which syncs its commit log before it acknowledges a write.
 * Only MagnetoDB's CPU time counts, not Cassandra's.
 *
 * @throws MissingPrerequisite if Cassandra cannot run here
 */
export async function startOnCassandra(options: StartOptions): Promise<BenchServer> {
  const node = await startCassandra(options)
  try {
    const [host, port] = (node.environment.MAGNETODB_TEST_CASSANDRA ?? '').split(':')
    const server = await startMagnetodb('cassandra', {
      cassandra: { contact_points: host ?? '', port: port ?? '', replication_factor: 1 },
    })
    const stop = async () => {
      await server.stop()
      await node.stop()
    }
    return { ...server, stop }
  } catch (error) {
    await node.stop()
    throw error
  }
}
