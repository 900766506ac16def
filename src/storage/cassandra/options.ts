import { strict as assert } from 'node:assert'
import { readFile } from 'node:fs/promises'
import { auth, type ClientOptions, policies, types } from 'cassandra-driver'

export interface CassandraTls {
  /** Each: PEM text, or the path of a PEM file. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** Default true. */
  readonly rejectUnauthorized?: boolean
}

export interface CassandraOptions {
  /** Host names or addresses, optionally with a port (`host:port`). */
  readonly contactPoints: readonly string[]
  readonly port: number
  readonly localDataCenter: string
  /** At most 48 lower case letters, digits and underscores. Created if missing. */
  readonly keyspace: string
  readonly replicationClass: 'SimpleStrategy' | 'NetworkTopologyStrategy'
  /** A number, or `dc1:3,dc2:3` with NetworkTopologyStrategy. */
  readonly replicationFactor: string
  /** Level of eventual reads. Default: `local_one`. */
  readonly readConsistency?: string
  /** Level of a commit's last step. Must overlap every strong read: `each_quorum`, `all` or the
   * default, which is `quorum`, or `local_quorum` with `local_serial`. */
  readonly writeConsistency?: string
  /** `serial` (default): commits and strong reads span all data centers. `local_serial`: they use
   * the local one, which all processes must share. */
  readonly serialConsistency?: string
  /** The longest time of one request to Cassandra, whatever its deadline. */
  readonly requestTimeoutMs: number
  readonly username?: string
  readonly password?: string
  readonly tls?: CassandraTls
}

/** Consistency levels by the protocol's numbers. */
export interface Consistencies {
  readonly one: number
  readonly eventual: number
  readonly strong: number
  readonly serial: number
  readonly write: number
}

const RECONNECT_MS = 1000
const KEYSPACE_PATTERN = /^[a-z][a-z0-9_]{0,47}$/
const DATA_CENTER_PATTERN = /^[A-Za-z0-9_.-]{1,100}$/
const FACTOR_PATTERN = /^[1-9][0-9]{0,2}$/

const { consistencies } = types
const READ_LEVELS = new Map<string, number>([
  ['one', consistencies.one],
  ['two', consistencies.two],
  ['three', consistencies.three],
  ['local_one', consistencies.localOne],
  ['quorum', consistencies.quorum],
  ['local_quorum', consistencies.localQuorum],
  ['all', consistencies.all],
])

/** Throws with one line about an option that `CassandraOptions` does not allow. */
export function assertOptions(options: CassandraOptions): void {
  assert(KEYSPACE_PATTERN.test(options.keyspace), 'keyspace: lower case letters, digits and _')
  assert(options.contactPoints.length > 0, 'contact_points: at least one')
  assert(options.requestTimeoutMs > 0, 'request_timeout: more than 0')
  replicationOf(options)
  consistenciesOf(options)
}

/** Replicas of each row: in the named data center, else in each or in all together. */
export interface DataCenterCopies {
  readonly dataCenter: string | undefined
  readonly copies: number
}

export function replicationFactorsOf(options: CassandraOptions): readonly DataCenterCopies[] {
  const { replicationClass, replicationFactor } = options
  const factors = replicationFactor.split(',').map((part) => part.trim().split(':'))
  assert(
    replicationClass === 'NetworkTopologyStrategy' ||
      (replicationClass === 'SimpleStrategy' && factors.length === 1 && factors[0]?.length === 1),
    'replication_factor: a number with SimpleStrategy',
  )
  return factors.map(([first = '', second]) => {
    const [dataCenter, copies] = second === undefined ? [undefined, first] : [first, second]
    assert(
      (dataCenter === undefined || DATA_CENTER_PATTERN.test(dataCenter)) &&
        FACTOR_PATTERN.test(copies),
      'replication_factor: a number, or data centres with numbers like dc1:3,dc2:3',
    )
    return { dataCenter, copies: Number(copies) }
  })
}

/** The replication map in CQL, built from validated parts. */
export function replicationOf(options: CassandraOptions): string {
  const entries = replicationFactorsOf(options).map(
    ({ dataCenter = 'replication_factor', copies }) => `'${dataCenter}': ${copies}`,
  )
  return `{'class': '${options.replicationClass}', ${entries.join(', ')}}`
}

export function consistenciesOf(options: CassandraOptions): Consistencies {
  const serialName = options.serialConsistency ?? 'serial'
  assert(['serial', 'local_serial'].includes(serialName), 'serial_consistency: unknown level')
  const local = serialName === 'local_serial'
  const eventual = READ_LEVELS.get(options.readConsistency ?? 'local_one')
  assert(eventual !== undefined, 'read_consistency: unknown level')
  const strong = local ? consistencies.localQuorum : consistencies.quorum
  // A quorum of all data centers may lie mostly elsewhere, where `local_quorum` would miss it.
  const strongName = local ? 'local_quorum' : 'quorum'
  const writeLevels = new Map<string, number>([
    [strongName, strong],
    ['each_quorum', consistencies.eachQuorum],
    ['all', consistencies.all],
  ])
  const write = writeLevels.get(options.writeConsistency ?? strongName)
  assert(write !== undefined, 'write_consistency: strong reads would miss commits at this level')
  return {
    one: consistencies.localOne,
    eventual,
    strong,
    serial: local ? consistencies.localSerial : consistencies.serial,
    write,
  }
}

export async function clientOptionsOf(options: CassandraOptions): Promise<ClientOptions> {
  const { username, password, tls } = options
  const client: ClientOptions = {
    contactPoints: [...options.contactPoints],
    localDataCenter: options.localDataCenter,
    // Without schema metadata the start is faster. With no keyspace set, the driver sends each
    // request to the first replica of its token, so concurrent commits meet at one coordinator.
    isMetadataSyncEnabled: false,
    encoding: { useBigIntAsLong: true },
    // The newest version the driver supports; fixed, so that a newer driver changes nothing.
    protocolOptions: { port: options.port, maxVersion: types.protocolVersion.v4 },
    policies: policiesOf(),
    socketOptions: {
      connectTimeout: options.requestTimeoutMs,
      readTimeout: options.requestTimeoutMs,
    },
  }
  if (username !== undefined && password !== undefined) {
    client.authProvider = new auth.PlainTextAuthProvider(username, password)
  }
  if (tls !== undefined) {
    client.sslOptions = {
      rejectUnauthorized: tls.rejectUnauthorized ?? true,
      ...(tls.ca !== undefined && { ca: await pemOf(tls.ca) }),
      ...(tls.cert !== undefined && { cert: await pemOf(tls.cert) }),
      ...(tls.key !== undefined && { key: await pemOf(tls.key) }),
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

async function pemOf(textOrPath: string): Promise<string> {
  return textOrPath.includes('-----BEGIN') ? textOrPath : readFile(textOrPath, 'utf8')
}
