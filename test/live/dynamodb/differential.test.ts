import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import { compareServices } from '../../differential/differential.ts'
import { Peer } from '../../differential/peer.ts'
import { withPlainNumbers } from '../../differential/plain-numbers.ts'
import { described } from '../../differential/report.ts'
import { dynamoDbFromEnv } from '../../stack/environment.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'

/** Compares the service with DynamoDB Local. `npm run test:differential` runs longer. */

const OPERATIONS = 500
/** Other seeds sometimes find unknown differences. The long run searches for these. */
const SEEDS = [1, 2, 3, 4]

const differential = suite('random requests to DynamoDB Local and to the service')
let service: Service

differential.before(async () => {
  service = await Service.start()
})
differential.after(async () => {
  await service.stop()
})

for (const seed of SEEDS) {
  differential(`${OPERATIONS} requests from seed ${seed} have the same answers`, async () => {
    const project = randomUUID().replaceAll('-', '')
    const { differences } = await compareServices({
      theirs: new Peer(dynamoDbFromEnv(), project, withPlainNumbers),
      ours: new Peer(service.url, project),
      operations: OPERATIONS,
      seed,
      differencesMax: 20,
    })
    assert.is(described(differences), '')
  })
}

differential.run()
