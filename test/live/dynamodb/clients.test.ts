import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { CLI, LIVES } from './lives.ts'

/** Unmodified clients of DynamoDB without Keystone, whose access keys name their projects. */

const test = suite('clients of DynamoDB without Keystone')
let service: Service

test.before(async () => {
  service = await Service.start({ DEFAULT: { auth_strategy: 'noauth', workers: 2 } })
})
test.after(async () => {
  await service.stop()
})

for (const [client, life] of Object.entries(LIVES)) {
  // It takes a second of CPU time for each command, and signs as boto3 does.
  if (client === CLI) continue
  test(`${client} makes, uses and deletes a table`, () =>
    life(service.url, { access: client.replaceAll(' ', '-'), secret: 'unused' }))
}

test.run()
