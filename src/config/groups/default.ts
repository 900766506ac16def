import { type OptionGroup, option } from '../option.ts'
import { choice, float, host, integer, port, url } from '../value-type.ts'
import { LOG_OPTIONS } from './log.ts'
import { UNUSED_OSLO_OPTIONS } from './unused-oslo.ts'

export const DEFAULT_GROUP = {
  help: 'The service as a whole.',
  options: {
    bind_host: option(host(), {
      default: '127.0.0.1',
      help:
        'Address to listen on. 0.0.0.0 or :: listens on all addresses. With auth_strategy = ' +
        'noauth it must be a loopback address.',
    }),
    bind_port: option(port(0), {
      default: 8480,
      help: 'Port to listen on. 0 takes any free port, which is printed at the start.',
    }),
    streaming_bind_port: option(port(0), {
      help:
        'Additional port, on the same bind_host, for bulk loads only: the catalog type ' +
        'kv-streaming. Unset: none; bind_port serves bulk loads, too. 0 takes any free port, ' +
        'which is printed at the start.',
    }),
    workers: option(integer({ min: 1, max: 1024 }), {
      sampleDefault: '<number of processor cores>',
      help:
        'Number of processes that answer requests. Must be 1 with storage_driver = memory, which ' +
        'is then the default.',
    }),
    auth_strategy: option(choice(['keystone', 'noauth']), {
      default: 'keystone',
      help:
        'How callers are authenticated. keystone: by tokens, see [keystone_authtoken]. noauth: ' +
        'callers name themselves, by X-Auth-Token: USER:PROJECT or USER:PROJECT:role,role; for a ' +
        'first look, on a loopback address only. Without any --config-file the service uses ' +
        'noauth.',
    }),
    storage_driver: option(choice(['lmdb', 'cassandra', 'memory']), {
      default: 'lmdb',
      help:
        'Where tables are stored. lmdb: in a folder of this machine. cassandra: in an Apache ' +
        'Cassandra 5 cluster. memory: in the process only, for tests.',
    }),
    public_endpoint: option(url(), {
      help:
        'URL by which clients reach this service, such as https://kv.example.org:8480. Links in ' +
        'responses start with it. Unset: they start with the Host of the request.',
    }),
    operations_in_flight: option(integer({ min: 1, max: 100_000 }), {
      default: 1024,
      help: 'Operations that one process runs at once. Further ones wait, and projects take turns.',
    }),
    project_share: option(float({ min: 0.001, max: 1 }), {
      default: 0.25,
      help:
        'Part of the operations in flight, of their memory and of the bulk loads of a process ' +
        'that one project may use, up to 1. A quarter of the operations keeps a process busy.',
    }),
    tables_per_project: option(integer({ min: 1, max: 1_000_000 }), {
      default: 2_500,
      help: 'Tables that one project may have. The service answers 403 beyond it.',
    }),
    reads_per_second: option(float({ min: 0, max: 1e9 }), {
      default: 0,
      help:
        'Reading requests per second that one process accepts from one project. The service ' +
        'answers 429 beyond it. 0: unlimited.',
    }),
    writes_per_second: option(float({ min: 0, max: 1e9 }), {
      default: 0,
      help:
        'Writing requests per second that one process accepts from one project. The service ' +
        'answers 429 beyond it. 0: unlimited.',
    }),
    ...LOG_OPTIONS,
  },
  unused: UNUSED_OSLO_OPTIONS,
} satisfies OptionGroup
