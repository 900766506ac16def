import { type OptionGroup, option } from '../option.ts'
import { replicationFactor } from '../replication-factor.ts'
import { boolean, choice, float, host, list, port, string } from '../value-type.ts'

const KEYSPACE_NAME = /^[a-z][a-z0-9_]{0,47}$/

const consistency = {
  read_consistency: option(choice(['one', 'local_one', 'quorum', 'local_quorum', 'all']), {
    default: 'local_one',
    help:
      'Consistency level of reads without consistent_read. Consistent reads always use quorum, ' +
      'or local_quorum with serial_consistency = local_serial.',
  }),
  write_consistency: option(choice(['quorum', 'local_quorum', 'each_quorum', 'all']), {
    sampleDefault: '<quorum, or local_quorum with local_serial>',
    help:
      'Consistency level of writes. quorum requires serial_consistency = serial, local_quorum ' +
      'requires local_serial: otherwise consistent reads could miss writes.',
  }),
  serial_consistency: option(choice(['serial', 'local_serial']), {
    default: 'serial',
    help:
      'Consistency level of conditional commits. local_serial keeps them in one data center, and ' +
      'is safe only if no other data center writes to the same tables.',
  }),
}

const tls = {
  tls_enabled: option(boolean(), {
    default: false,
    help: 'Connect with TLS.',
  }),
  tls_ca_file: option(string(), {
    help: "PEM file of the authorities for the nodes' certificates. Unset: public authorities.",
  }),
  tls_cert_file: option(string(), {
    help: "PEM file of this service's client certificate, if the nodes require one.",
  }),
  tls_key_file: option(string(), {
    help: 'PEM file of the private key of tls_cert_file.',
  }),
  tls_insecure: option(boolean(), {
    default: false,
    help: "Do not verify the nodes' certificates. For tests only.",
  }),
}

export const CASSANDRA_GROUP = {
  help:
    'The Apache Cassandra 5 cluster, for storage_driver = cassandra. Its nodes should run with ' +
    'commitlog_sync: batch or group. With periodic, acknowledged writes can be lost when nodes ' +
    'are killed.',
  options: {
    contact_points: option(list(host()), {
      default: ['127.0.0.1'],
      help: 'Nodes from which this process learns the rest of the cluster.',
    }),
    port: option(port(), {
      default: 9042,
      help: "Port of the nodes' native protocol.",
    }),
    local_data_center: option(string(), {
      default: 'datacenter1',
      help: 'Data center whose nodes this process uses, as shown by nodetool status.',
    }),
    keyspace: option(
      string(
        KEYSPACE_NAME,
        'up to 48 lower-case letters, digits and underscores, starting with a letter',
      ),
      {
        default: 'magnetodb',
        help: 'Keyspace of all tables. Created if it does not exist.',
      },
    ),
    replication_class: option(choice(['SimpleStrategy', 'NetworkTopologyStrategy']), {
      default: 'SimpleStrategy',
      help:
        'Replication of the keyspace when it is created. Use NetworkTopologyStrategy in a ' +
        'cluster with more than one data center or rack.',
    }),
    replication_factor: option(replicationFactor(), {
      default: 3,
      help:
        'Replicas of each row when the keyspace is created: a number with SimpleStrategy, or one ' +
        'per data center, such as dc1:3,dc2:3, with NetworkTopologyStrategy.',
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
