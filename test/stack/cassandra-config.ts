/** What both kinds of test node are configured with. */
export type CassandraConfig = {
  /** Data, commit log and hints go below it. */
  readonly storage: string
  readonly rpcAddress: string
  readonly nativePort: number
  readonly storagePort: number
}

/**
 * The cassandra.yaml of a one-node cluster. The commit log is synced before a write is
 * acknowledged: with Cassandra's default, `periodic`, a killed node loses acknowledged writes.
 */
export function cassandraYaml(config: CassandraConfig): string {
  return `${[
    "cluster_name: 'magnetodb test'",
    'num_tokens: 16',
    'partitioner: org.apache.cassandra.dht.Murmur3Partitioner',
    'endpoint_snitch: SimpleSnitch',
    `data_file_directories: ['${config.storage}/data']`,
    `commitlog_directory: '${config.storage}/commitlog'`,
    `saved_caches_directory: '${config.storage}/saved_caches'`,
    `hints_directory: '${config.storage}/hints'`,
    `cdc_raw_directory: '${config.storage}/cdc_raw'`,
    'commitlog_sync: batch',
    'paxos_variant: v2',
    'listen_address: 127.0.0.1',
    `rpc_address: ${config.rpcAddress}`,
    'broadcast_rpc_address: 127.0.0.1',
    `native_transport_port: ${config.nativePort}`,
    `storage_port: ${config.storagePort}`,
    'seed_provider:',
    '  - class_name: org.apache.cassandra.locator.SimpleSeedProvider',
    '    parameters:',
    `      - seeds: '127.0.0.1:${config.storagePort}'`,
  ].join('\n')}\n`
}
