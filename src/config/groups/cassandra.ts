import { type OptionGroup, option } from '../option.ts'
import { replicationFactor } from '../replication-factor.ts'
import { boolean, choice, float, host, list, port, string } from '../value-type.ts'

const KEYSPACE_NAME = /^[a-z][a-z0-9_]{0,47}$/

const consistency = {
  read_consistency: option(choice(['one', 'local_one', 'quorum', 'local_quorum', 'all']), {
    default: 'local_one',
    help:
      'Consistency level of reads without consistent_read. Those with it are at quorum, or at ' +
      'local_quorum with serial_consistency = local_serial, whatever this says.',
  }),
  write_consistency: option(choice(['quorum', 'local_quorum', 'each_quorum', 'all']), {
    sampleDefault: '<quorum, or local_quorum with local_serial>',
    help:
      'Consistency level that a write is acknowledged at. quorum goes with serial_consistency = ' +
      'serial only, local_quorum with local_serial only, or consistent reads could miss it.',
  }),
  serial_consistency: option(choice(['serial', 'local_serial']), {
    default: 'serial',
    help:
      'Consistency level of conditional commits. local_serial keeps them inside one data center ' +
      'and is safe only if no other data center writes to the same tables.',
  }),
}

const tls = {
  tls_enabled: option(boolean(), {
    default: false,
    help: 'Connect with TLS.',
  }),
  tls_ca_file: option(string(), {
    help: "PEM file of the authorities that sign the nodes' certificates. Unset: public ones.",
  }),
  tls_cert_file: option(string(), {
    help: 'PEM file of the certificate that this service shows, where the nodes ask for one.',
  }),
  tls_key_file: option(string(), {
    help: 'PEM file of the private key of tls_cert_file.',
  }),
  tls_insecure: option(boolean(), {
    default: false,
    help: "Do not check the nodes' certificates. For tests only.",
  }),
}

export const CASSANDRA_GROUP = {
  help:
    'The Apache Cassandra 5 cluster. Used with storage_driver = cassandra. Its nodes should run ' +
    'with commitlog_sync: batch or group: with periodic, acknowledged writes can be lost when ' +
    'nodes are killed.',
  options: {
    contact_points: option(list(host()), {
      default: ['127.0.0.1'],
      help: 'Nodes to ask for the rest of the cluster.',
    }),
    port: option(port(), {
      default: 9042,
      help: "Port of the nodes' native protocol.",
    }),
    local_data_center: option(string(), {
      default: 'datacenter1',
      help: 'Data center whose nodes serve this process, as nodetool status shows it.',
    }),
    keyspace: option(
      string(
        KEYSPACE_NAME,
        'up to 48 lower-case letters, digits and underscores, starting with a letter',
      ),
      {
        default: 'magnetodb',
        help: 'Keyspace of all tables. It is created when it does not exist.',
      },
    ),
    replication_class: option(choice(['SimpleStrategy', 'NetworkTopologyStrategy']), {
      default: 'SimpleStrategy',
      help:
        'How the keyspace is replicated when it is created. NetworkTopologyStrategy for any ' +
        'cluster of more than one data center or rack.',
    }),
    replication_factor: option(replicationFactor(), {
      default: 3,
      help:
        'Copies of each row when the keyspace is created: a number with SimpleStrategy, or one ' +
        'for each data center, such as dc1:3,dc2:3, with NetworkTopologyStrategy.',
    }),
    ...consistency,
    request_timeout: option(float({ min: 0.1, max: 60 }), {
      default: 5,
      help: 'Seconds that one request to the cluster may take.',
    }),
    username: option(string(), { help: 'User of the cluster. Unset: no authentication.' }),
    password: option(string(), { secret: true, help: 'Password of username.' }),
    ...tls,
  },
} satisfies OptionGroup
