import type { ConfigSections } from '../support/service.ts'
import { cassandraSection, TestKeyspace, testOptions } from './cassandra-keyspace.ts'

/** The configuration of a service for one storage engine. */
export interface Engine {
  readonly config: ConfigSections
  close(): Promise<void>
}

export const ENGINES: Readonly<Record<string, () => Engine>> = {
  lmdb: () => ({ config: {}, close: async () => {} }),
  cassandra: () => {
    const options = testOptions()
    const config = { cassandra: cassandraSection(options) }
    return { config, close: () => new TestKeyspace(options).drop() }
  },
}
