import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { CLI, LIVES } from './lives.ts'

/** Unmodified clients of DynamoDB without Keystone. Their access keys name their projects. */

const test = suite('clients of DynamoDB without Keystone')
let service: Service

test.before(async () => {
  service = await Service.start({ DEFAULT: { auth_strategy: 'noauth', workers: 2 } })
})
test.after(async () => {
  await service.stop()
})

for (const [client, life] of Object.entries(LIVES)) {
  // The CLI needs a second of CPU time per command, and signs like boto3.
  if (client === CLI) continue
  test(`${client} creates, uses and deletes a table`, () =>
    life(service.url, { access: client.replaceAll(' ', '-'), secret: 'unused' }))
}

test.run()
