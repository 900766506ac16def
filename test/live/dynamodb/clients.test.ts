import * as assert from 'uvu/assert'
import { dynamodbPythonFromEnv } from '../../stack/environment.ts'
import { runPython } from '../../support/program.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { ENGINES, type Engine } from '../engines.ts'

/** Unmodified clients of DynamoDB, against each storage engine. */

for (const [name, open] of Object.entries(ENGINES)) {
  const clients = suite(`clients of DynamoDB on ${name}`)
  let engine: Engine
  let service: Service

  clients.before(async () => {
    engine = open()
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
