import { readFile } from 'node:fs/promises'
import { auth, type ClientOptions, policies, types } from 'cassandra-driver'
import type { Options } from '../../config/option-groups.ts'

/** `[cassandra]`, already checked: names are safe in CQL, and levels fit together. */
export type CassandraOptions = Options['cassandra']

/** Consistency levels by the protocol's numbers. */
export interface Consistencies {
  readonly one: number
  readonly eventual: number
  readonly strong: number
  readonly serial: number
  readonly write: number
}

const RECONNECT_MS = 1000

const { consistencies } = types
const LEVELS = {
  one: consistencies.one,
  local_one: consistencies.localOne,
  quorum: consistencies.quorum,
  local_quorum: consistencies.localQuorum,
  each_quorum: consistencies.eachQuorum,
  all: consistencies.all,
}

/** Replicas of each row: in the named data center if there is one, else in each or in all
 * together. */
export interface DataCenterCopies {
  readonly dataCenter: string | undefined
  readonly copies: number
}

export function replicationFactorsOf(options: CassandraOptions): readonly DataCenterCopies[] {
  const { replication_factor: factor } = options
  if (typeof factor === 'number') return [{ dataCenter: undefined, copies: factor }]
  return Object.entries(factor).map(([dataCenter, copies]) => ({ dataCenter, copies }))
}

export function replicationOf(options: CassandraOptions): string {
  const entries = replicationFactorsOf(options).map(
    ({ dataCenter = 'replication_factor', copies }) => `'${dataCenter}': ${copies}`,
  )
  return `{'class': '${options.replication_class}', ${entries.join(', ')}}`
}

/** Without `write_consistency`, a commit's last step uses the level of strong reads. */
export function consistenciesOf(options: CassandraOptions): Consistencies {
  const isLocal = options.serial_consistency === 'local_serial'
  const strong = isLocal ? 'local_quorum' : 'quorum'
  return {
    one: LEVELS.local_one,
    eventual: LEVELS[options.read_consistency],
    strong: LEVELS[strong],
    serial: isLocal ? consistencies.localSerial : consistencies.serial,
    write: LEVELS[options.write_consistency ?? strong],
  }
}

export async function clientOptionsOf(options: CassandraOptions): Promise<ClientOptions> {
  const { username, password } = options
  const timeoutMs = options.request_timeout * 1_000
  const client: ClientOptions = {
    contactPoints: [...options.contact_points],
    localDataCenter: options.local_data_center,
    // Reading no schema metadata makes the start faster. Because no keyspace is set, the driver
    // sends each request to the first replica of its token, so concurrent commits meet at one
    // coordinator.
    isMetadataSyncEnabled: false,
    encoding: { useBigIntAsLong: true },
    // The newest version the driver supports; fixed, so that a newer driver changes nothing.
    protocolOptions: { port: options.port, maxVersion: types.protocolVersion.v4 },
    policies: policiesOf(),
    socketOptions: { connectTimeout: timeoutMs, readTimeout: timeoutMs },
  }
  if (username !== undefined && password !== undefined) {
    client.authProvider = new auth.PlainTextAuthProvider(username, password)
  }
  if (options.tls_enabled) {
    const { tls_ca_file: ca, tls_cert_file: cert, tls_key_file: key } = options
    client.sslOptions = {
      rejectUnauthorized: !options.tls_insecure,
      ...(ca !== undefined && { ca: await readFile(ca, 'utf8') }),
      ...(cert !== undefined && { cert: await readFile(cert, 'utf8') }),
      ...(key !== undefined && { key: await readFile(key, 'utf8') }),
    }
  }
  return client
}

function policiesOf(): NonNullable<ClientOptions['policies']> {
  // The default pause grows to ten minutes, and shutdown does not end it.
  const reconnection = new policies.reconnection.ConstantReconnectionPolicy(RECONNECT_MS)
  // By default plain writes carry this machine's time: with a slow clock, appended rows could be
  // covered by an earlier drop. Null, which the declared type lacks, leaves the time to the node.
  return Object.assign({ reconnection }, { timestampGeneration: null as never })
}
