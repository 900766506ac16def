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
        'Address that the API listens on. 0.0.0.0 or :: for all of the machine. With ' +
        'auth_strategy = noauth only a loopback address is accepted.',
    }),
    bind_port: option(port(0), {
      default: 8480,
      help: 'Port that the API listens on. 0 takes any free port, which the start prints.',
    }),
    streaming_bind_port: option(port(0), {
      help:
        'Second port, on the same bind_host, that serves bulk loads only: the catalog type ' +
        'kv-streaming. Unset, there is none; bind_port serves them in any case. 0 takes any free ' +
        'port, which the start prints.',
    }),
    workers: option(integer({ min: 1, max: 1024 }), {
      sampleDefault: '<number of processor cores>',
      help:
        'Number of processes that answer requests. With storage_driver = memory it is 1, and may ' +
        'not be set to more.',
    }),
    auth_strategy: option(choice(['keystone', 'noauth']), {
      default: 'keystone',
      help:
        'Who says who a caller is. keystone: the tokens of the section [keystone_authtoken]. ' +
        'noauth: the caller, by X-Auth-Token: USER:PROJECT or USER:PROJECT:role,role; for a ' +
        'first look on a loopback address only. Started without any --config-file, the service ' +
        'runs with noauth.',
    }),
    storage_driver: option(choice(['lmdb', 'cassandra', 'memory']), {
      default: 'lmdb',
      help:
        'Where tables are kept. lmdb: in a folder of this machine. cassandra: in an Apache ' +
        'Cassandra 5 cluster. memory: nowhere after the process ends, for tests.',
    }),
    public_endpoint: option(url(), {
      help:
        'URL that clients reach this service by, such as https://kv.example.org:8480. Links in ' +
        'replies start with it. Unset, they start with the Host that the request names.',
    }),
    operations_in_flight: option(integer({ min: 1, max: 100_000 }), {
      default: 1024,
      help:
        'Number of operations that one process runs at once. More of them wait, and projects ' +
        'take turns.',
    }),
    project_share: option(float({ min: 0.001, max: 1 }), {
      default: 0.25,
      help:
        'What one project may have of the operations that a process runs at once, of the memory ' +
        'that they use, and of its bulk loads: a part of 1. A quarter keeps a process busy.',
    }),
    tables_per_project: option(integer({ min: 1, max: 1_000_000 }), {
      default: 2_500,
      help: 'Number of tables that one project may have. The service answers 403 beyond it.',
    }),
    reads_per_second: option(float({ min: 0, max: 1e9 }), {
      default: 0,
      help:
        'Number of reading requests per second that one process takes from one project. Beyond ' +
        'it the service answers 429. 0: any number.',
    }),
    writes_per_second: option(float({ min: 0, max: 1e9 }), {
      default: 0,
      help: 'The same for requests that write.',
    }),
    ...LOG_OPTIONS,
  },
  unused: UNUSED_OSLO_OPTIONS,
} satisfies OptionGroup
