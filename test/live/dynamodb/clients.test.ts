import * as assert from 'uvu/assert'
import { cassandraFromEnv, dynamodbPythonFromEnv } from '../../stack/environment.ts'
import { runPython } from '../../support/program.ts'
import { type ConfigSections, Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { TestKeyspace, testOptions } from '../cassandra-keyspace.ts'

/** Unmodified clients of DynamoDB, against each storage engine. */

type Engine = { readonly config: ConfigSections; close(): Promise<void> }

async function lmdb(): Promise<Engine> {
  return { config: {}, close: async () => {} }
}

async function cassandra(): Promise<Engine> {
  const options = testOptions()
  const { host, port } = cassandraFromEnv()
  const config = {
    cassandra: {
      contact_points: host,
      port,
      keyspace: options.keyspace,
      replication_class: 'SimpleStrategy',
      replication_factor: 1,
    },
  }
  return { config, close: () => new TestKeyspace(options).drop() }
}

for (const [name, open] of Object.entries({ lmdb, cassandra })) {
  const clients = suite(`clients of DynamoDB on ${name}`)
  let engine: Engine
  let service: Service

  clients.before(async () => {
    engine = await open()
    const DEFAULT = { auth_strategy: 'noauth', storage_driver: name, workers: 2 }
    service = await Service.start({ ...engine.config, DEFAULT })
  })
  clients.after(async () => {
    await service.stop()
    await engine.close()
  })

  for (const script of ['boto3_life.py', 'pynamodb_life.py']) {
    clients(`${script} comes to its end`, async () => {
      const output = await runPython(script, [service.url], null, dynamodbPythonFromEnv())
      assert.is(output.trim(), 'done')
    })
  }

  clients.run()
}
