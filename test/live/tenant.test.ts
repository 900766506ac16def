import * as assert from 'uvu/assert'
import type { Credentials } from '../stack/keystone-client.ts'
import { keystoneFromEnv } from '../stack/keystone-stack.ts'
import { runPython } from '../support/program.ts'
import { type ConfigSections, Service } from '../support/service.ts'
import { suite } from '../support/suite.ts'
import { ENGINES, type Engine } from './engines.ts'
import { keystoneSection } from './keystone-section.ts'

/** A cloud tenant's work with Python clients, on each storage engine. */

const RECORDS = 6_000

function keystoneConfig(): ConfigSections {
  return {
    DEFAULT: { auth_strategy: 'keystone', workers: 4 },
    keystone_authtoken: keystoneSection(keystoneFromEnv().data),
  }
}

function login(user: Credentials) {
  const { username, password, projectId } = user
  return { username, password, project_id: projectId, user_domain_id: 'default' }
}

for (const [name, open] of Object.entries(ENGINES)) {
  const test = suite(`tenant on ${name}`)
  const keystone = keystoneFromEnv()
  const { alpha, beta } = keystone.data.projects
  let engine: Engine
  let service: Service
  let catalogEntry: string

  test.before(async () => {
    engine = open()
    const config = keystoneConfig()
    const DEFAULT = { ...config.DEFAULT, storage_driver: name }
    service = await Service.start({ ...config, ...engine.config, DEFAULT })
    const url = `${service.url}/v1/data/$(project_id)s`
    catalogEntry = await keystone.registerService('kv-storage', url)
  })

  test.after(async () => {
    const code = await service.stop()
    await engine.close()
    assert.is(code, 0, 'the service ends with 0')
    await keystone.removeService(catalogEntry)
  })

  test('the full health check answers OK for every part', async () => {
    const answer = await fetch(`${service.url}/healthcheck?fullcheck=true`)
    const health = '{"API": "OK", "Identity": "OK", "Storage": "OK", "Messaging": "OK"}'
    assert.is(await answer.text(), health)
  })

  test('a tenant uses a table from create to delete; a stranger is refused', async () => {
    const output = await runPython('table_life.py', [], {
      auth_url: keystone.data.url,
      tenant: login(alpha.users.member),
      reader: login(alpha.users.reader),
      stranger: login(beta.users.admin),
    })
    assert.is(output, 'OK\n')
  })

  test('a tenant loads, queries and scans a real data set', async () => {
    const tenant = await keystone.issueToken(alpha.users.member)
    const stranger = await keystone.issueToken(beta.users.member)
    const endpoint = `${service.url}/v1/data/${alpha.id}`
    const output = await runPython('unicode_names.py', [
      ...['--endpoint', endpoint, '--token', tenant.id, '--other-token', stranger.id],
      ...['--count', String(RECORDS)],
    ])
    const { records, segments } = JSON.parse(output)
    assert.ok(records >= RECORDS)
    assert.is(segments.length, 4)
  })

  test.run()
}
