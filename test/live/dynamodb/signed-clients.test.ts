import type { Ec2Credential } from '../../stack/keystone-client.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { CredentialMaker } from '../credentials.ts'
import { ENGINES, type Engine } from '../engines.ts'
import { keystoneSection } from '../keystone-section.ts'
import { LIVES } from './lives.ts'

/** Unmodified clients of DynamoDB with EC2 credentials of a real Keystone, on each engine. */

const keystone = keystoneFromEnv()
const { data } = keystone
const maker = new CredentialMaker(keystone)

for (const [name, open] of Object.entries(ENGINES)) {
  const clients = suite(`signed clients of DynamoDB on ${name}`)
  let engine: Engine
  let service: Service

  clients.before(async () => {
    engine = open()
    service = await Service.start({
      ...engine.config,
      DEFAULT: { auth_strategy: 'keystone', storage_driver: name, workers: 2 },
      keystone_authtoken: keystoneSection({ url: data.url, service: data.secretReader }),
    })
  })
  clients.after(async () => {
    await service.stop()
    await engine.close()
  })

  for (const [client, life] of Object.entries(LIVES)) {
    clients(`${client} creates, uses and deletes a table of its project`, async () => {
      await life(service.url, await ofNewProject())
    })
  }

  clients.run()
}

/** A key of a new project, because each client lists the tables of its project. */
async function ofNewProject(): Promise<Ec2Credential> {
  const projectId = await keystone.createProject(maker.unique('project'))
  return keystone.createEc2Credential(await maker.newUser(projectId, ['member']))
}
