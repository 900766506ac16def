import { startCassandraCluster } from './cassandra-cluster.ts'
import { cassandraYaml, TEST_TOMBSTONES } from './cassandra-config.ts'
import { startInContainer } from './containers.ts'
import { CQL_HANDSHAKE } from './handshake.ts'
import type { Part, PartOptions } from './part.ts'

const NATIVE_PORT = 9_042
const CONFIG_PATH = '/etc/cassandra/magnetodb-test.yaml'
const START_LIMIT_MS = 300_000

/** Starts one node in the data centre `datacenter1`. The replication factor can only be 1. */
export function startCassandra(options: PartOptions): Promise<Part> {
  const content = cassandraYaml({
    ...{ address: '127.0.0.1', seed: '127.0.0.1', nodes: 1, storage: '/var/lib/cassandra' },
    ...{ rpcAddress: '0.0.0.0', nativePort: NATIVE_PORT, storagePort: 7_000 },
    tombstones: TEST_TOMBSTONES,
  })
  const server = {
    ...{ name: 'cassandra', image: 'cassandra:5', variable: 'MAGNETODB_TEST_CASSANDRA' },
    ...{ port: NATIVE_PORT, handshake: CQL_HANDSHAKE, limitMs: START_LIMIT_MS },
    signal: options.signal,
    files: [{ content, target: CONFIG_PATH, mode: 0o644 }],
    environment: {
      MAX_HEAP_SIZE: '1G',
      HEAP_NEWSIZE: '200M',
      JVM_EXTRA_OPTS:
        `-Dcassandra.config=file://${CONFIG_PATH} ` +
        '-Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.ring_delay_ms=100',
    },
  }
  return startInContainer(server, async () => {
    const how = { ...options, heap: '1g', tombstones: TEST_TOMBSTONES }
    const { nodes, port, version } = await startCassandraCluster(1, how)
    return { name: `cassandra ${version}`, port, stop: async () => nodes[0]?.kill() }
  })
}
