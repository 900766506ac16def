import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import { compareServices } from '../../differential/differential.ts'
import { Peer } from '../../differential/peer.ts'
import { withPlainNumbers } from '../../differential/plain-numbers.ts'
import { faultsOf, report } from '../../differential/report.ts'
import { seeded } from '../../seeded.ts'
import { dynamoDbFromEnv } from '../../stack/environment.ts'
import { Service } from '../../support/service.ts'
import { test } from '../../support/suite.ts'

const OPERATIONS = 2_000

test('random requests are answered as DynamoDB Local answers them', async () => {
  const { seed } = seeded('differential')
  const service = await Service.start()
  try {
    const outcome = await compareServices({
      theirs: new Peer(dynamoDbFromEnv(), accessKey(), withPlainNumbers),
      ours: new Peer(service.url, accessKey()),
      operations: OPERATIONS,
      seed,
      differencesMax: 20,
    })
    const faults = faultsOf(outcome)
    if (faults.length > 0) console.log(report(outcome))
    assert.equal(faults, [])
  } finally {
    await service.stop()
  }
})

/** Each has tables of its own. */
function accessKey(): string {
  return randomUUID().replaceAll('-', '')
}

test.run()
