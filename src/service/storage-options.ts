import type { Config } from '../config/load.ts'
import { replicationFactor } from '../config/replication-factor.ts'
import type { CassandraOptions } from '../storage/cassandra/options.ts'
import type { StorageOptions } from '../storage/registry.ts'

/** `storage_driver` and its section as the driver takes them. */
export function storageOptions(config: Config): StorageOptions {
  const { storage_driver: name } = config.DEFAULT
  switch (name) {
    case 'memory':
      return { name }
    case 'lmdb':
      return { name, options: { path: config.lmdb.path, mapSizeBytes: config.lmdb.map_size } }
    case 'cassandra':
      return { name, options: cassandraOptions(config.cassandra) }
  }
}

function cassandraOptions(group: Config['cassandra']): CassandraOptions {
  return {
    contactPoints: group.contact_points,
    port: group.port,
    localDataCenter: group.local_data_center,
    keyspace: group.keyspace,
    replicationClass: group.replication_class,
    replicationFactor: replicationFactor().format(group.replication_factor),
    readConsistency: group.read_consistency,
    ...(group.write_consistency !== undefined && { writeConsistency: group.write_consistency }),
    serialConsistency: group.serial_consistency,
    requestTimeoutMs: group.request_timeout * 1_000,
    ...(group.username !== undefined && { username: group.username }),
    ...(group.password !== undefined && { password: group.password }),
    ...(group.tls_enabled && { tls: cassandraTls(group) }),
  }
}

function cassandraTls(group: Config['cassandra']) {
  return {
    ...(group.tls_ca_file !== undefined && { ca: group.tls_ca_file }),
    ...(group.tls_cert_file !== undefined && { cert: group.tls_cert_file }),
    ...(group.tls_key_file !== undefined && { key: group.tls_key_file }),
    rejectUnauthorized: !group.tls_insecure,
  }
}
