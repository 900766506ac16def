import { cassandraYaml, TEST_TOMBSTONES } from './cassandra-config.ts'
import { startLocalCassandra } from './cassandra-local.ts'
import { tryContainer } from './containers.ts'
import { CQL_HANDSHAKE } from './handshake.ts'
import type { Part, PartOptions } from './part.ts'

const IMAGE = 'cassandra:5'
const VARIABLE = 'MAGNETODB_TEST_CASSANDRA'
const NATIVE_PORT = 9_042
const CONFIG_PATH = '/etc/cassandra/magnetodb-test.yaml'
const START_LIMIT_MS = 300_000

/** Starts one node in the data centre `datacenter1`. The replication factor can only be 1. */
export async function startCassandra(options: PartOptions): Promise<Part> {
  const content = cassandraYaml({
    storage: '/var/lib/cassandra',
    address: '127.0.0.1',
    rpcAddress: '0.0.0.0',
    nativePort: NATIVE_PORT,
    storagePort: 7_000,
    seed: '127.0.0.1',
    nodes: 1,
    tombstones: TEST_TOMBSTONES,
  })
  const choice = await tryContainer({
    ...{ name: 'cassandra', image: IMAGE, variable: VARIABLE, port: NATIVE_PORT },
    ...{ handshake: CQL_HANDSHAKE, limitMs: START_LIMIT_MS, signal: options.signal },
    configure: (container) =>
      container
        .withCopyContentToContainer([{ content, target: CONFIG_PATH, mode: 0o644 }])
        .withEnvironment({
          MAX_HEAP_SIZE: '1G',
          HEAP_NEWSIZE: '200M',
          JVM_EXTRA_OPTS:
            `-Dcassandra.config=file://${CONFIG_PATH} ` +
            '-Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.ring_delay_ms=100',
        }),
  })
  if ('part' in choice) return choice.part
  const node = await startLocalCassandra(options)
  return {
    note: `cassandra ${node.version}: local process (${choice.reason})`,
    environment: { [VARIABLE]: `127.0.0.1:${node.port}` },
    stop: () => node.stop(),
  }
}
