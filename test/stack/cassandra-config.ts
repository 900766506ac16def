/** The configuration of a test node of any kind. */
export type CassandraConfig = {
  /** Parent folder of data, commit log and hints. */
  readonly storage: string
  /** The address for clients and other nodes. */
  readonly address: string
  /** The address on which it listens for clients. Default: the same. */
  readonly rpcAddress?: string
  readonly nativePort: number
  readonly storagePort: number
  /** The address of the cluster's first node. */
  readonly seed: string
  readonly nodes: number
  /** Tombstones that one read may pass. Default: Cassandra's. */
  readonly tombstones?: number
  /** Without hints: a node that was down gets the writes that it missed only by read repair. Also
   * lengthens Cassandra's timeouts, for three nodes on a small machine. */
  readonly forgetful?: boolean
}

/** Few enough that tests soon exceed it, but more than a read of a hundred landmarks passes. */
export const TEST_TOMBSTONES = 20_000

const FORGETFUL = [
  'hinted_handoff_enabled: false',
  'read_request_timeout: 10s',
  'range_request_timeout: 10s',
  'write_request_timeout: 10s',
]

/**
 * A node's cassandra.yaml. The commit log is synced before a write is acknowledged: with
 * Cassandra's default, `periodic`, a killed node loses acknowledged writes.
 */
export function cassandraYaml(config: CassandraConfig): string {
  return `${[
    "cluster_name: 'magnetodb test'",
    ...tokens(config.nodes),
    'partitioner: org.apache.cassandra.dht.Murmur3Partitioner',
    'endpoint_snitch: SimpleSnitch',
    `data_file_directories: ['${config.storage}/data']`,
    `commitlog_directory: '${config.storage}/commitlog'`,
    `saved_caches_directory: '${config.storage}/saved_caches'`,
    `hints_directory: '${config.storage}/hints'`,
    `cdc_raw_directory: '${config.storage}/cdc_raw'`,
    'commitlog_sync: batch',
    'paxos_variant: v2',
    'read_thresholds_enabled: true',
    'local_read_size_fail_threshold: 64MiB',
    ...(config.tombstones ? [`tombstone_failure_threshold: ${config.tombstones}`] : []),
    ...(config.forgetful ? FORGETFUL : []),
    `listen_address: ${config.address}`,
    `rpc_address: ${config.rpcAddress ?? config.address}`,
    `broadcast_rpc_address: ${config.address}`,
    `native_transport_port: ${config.nativePort}`,
    `storage_port: ${config.storagePort}`,
    'seed_provider:',
    '  - class_name: org.apache.cassandra.locator.SimpleSeedProvider',
    '    parameters:',
    `      - seeds: '${config.seed}:${config.storagePort}'`,
  ].join('\n')}\n`
}

/** Several nodes get few allocated tokens, because random ones divide the ring unevenly. */
function tokens(nodes: number): readonly string[] {
  if (nodes === 1) return ['num_tokens: 16']
  return ['num_tokens: 4', `allocate_tokens_for_local_replication_factor: ${nodes}`]
}
