import * as assert from 'uvu/assert'
import type { Condition } from '../../../src/expression/condition.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { type StorageDriver, StorageUnavailableError } from '../../../src/storage/driver.ts'
import { absent } from '../../expression/short-expressions.ts'
import { type FaultScript, faulty } from '../../storage/faulty-driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { EngineFixture, HASH_ONLY, outcomeOf } from '../engine-fixture.ts'
import { item } from '../short-items.ts'

const test = suite('write items')

const ABSENT: Condition = absent('h')
const PUT = { table: 'table', returnValues: 'NONE', item: item({ h: 'a' }) } as const
const WAIT_MS = 60_000

/** A fixture whose requests use another driver of the same store. */
async function open(through: (driver: StorageDriver) => StorageDriver): Promise<EngineFixture> {
  const store = new WornStore()
  const requestDriver = through(new WornDriver(store))
  const fixture = new EngineFixture({ driver: new WornDriver(store), requestDriver })
  const own = new EngineFixture({ driver: new WornDriver(store) })
  await own.create('table', HASH_ONLY)
  await own.close()
  return fixture
}

/** A driver whose commits always lose the race. */
function alwaysLate(counted: () => void) {
  return (driver: StorageDriver): StorageDriver =>
    Object.assign(driver, {
      commit: async () => {
        counted()
        return { outcome: 'refused', current: [] } as const
      },
    })
}

test('a write that others always overtake is refused after 50 attempts', async () => {
  let commits = 0
  const fixture = await open(alwaysLate(() => commits++))
  const put = fixture.run(putItem, { ...PUT, condition: ABSENT }, WAIT_MS)
  assert.is(await outcomeOf(put), 'unavailable')
  assert.is(commits, 50)
  await fixture.close()
})

test('a read and a journal append that both fail reject once', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  try {
    // The first read, that of the table's definition, succeeds.
    const isAway: FaultScript = ({ method, count }) =>
      method === 'get' && count === 0 ? undefined : { fault: 'unavailable' }
    const fixture = await open((driver) => faulty(driver, isAway))
    const put = fixture.run(putItem, { ...PUT, condition: ABSENT, timeToLiveSeconds: 60 })
    assert.instance(await put.catch((error: unknown) => error), StorageUnavailableError)
    await new Promise(setImmediate)
    await fixture.close()
    assert.equal(unhandled, [])
  } finally {
    process.off('unhandledRejection', note)
  }
})

test.run()
