import * as assert from 'uvu/assert'
import { tableIdOf } from '../../../src/engine/format/system-tables.ts'
import { updateItem } from '../../../src/operations/items/update-item.ts'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import { WITH_INDEXES } from '../../engine/engine-fixture.ts'
import { Expiring, NONE } from '../../engine/jobs/sweeping.ts'
import { item, value } from '../../engine/short-items.ts'
import { add } from '../../expression/short-expressions.ts'
import { suite } from '../../support/suite.ts'
import { TestKeyspace, testOptions } from '../cassandra-keyspace.ts'

const test = suite('time to live on cassandra')

const ITEMS = 30
const SWEPT_SECONDS = 180

/** A driver whose clock can be set forward, together with its engine's. */
class AheadDriver extends CassandraDriver {
  aheadSeconds = 0

  override async engineTime(deadline: number): Promise<number> {
    return (await super.engineTime(deadline)) + this.aheadSeconds * 1_000
  }
}

test('items from before and after enabling expire with their index entries', async () => {
  const options = testOptions()
  const driver = new AheadDriver(options)
  await driver.open()
  const now = Math.floor(Date.now() / 1_000)
  const fixture = new Expiring(driver, now)
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  const put = (h: string, r: number, at: number) =>
    fixture.put(undefined, item({ h, r, at, text: `t${r}`, number: r }))
  const fill = async (h: string) => {
    for (let r = 0; r < ITEMS; r++) await put(h, r, r % 2 ? now - 60 : now + 6_000)
  }
  const left = async () => (await fixture.rows(tableId)).length
  const pass = async (seconds: number) => {
    driver.aheadSeconds += seconds
    fixture.wait(seconds)
    await fixture.sweep()
  }
  await fill('before')
  await fixture.expireBy('at')
  await fixture.completeChanges()
  assert.equal(await fixture.timeToLive(), { attribute: 'at' })
  await fill('after')
  const key = item({ h: 'after', r: 0 })
  await fixture.run(updateItem, { ...NONE, key, updates: [add('at', value(-5_800))] })
  assert.is(await left(), 2 * ITEMS * 3)
  await pass(SWEPT_SECONDS)
  assert.is(await left(), ITEMS * 3, 'half of them')
  await pass(SWEPT_SECONDS)
  assert.is(await left(), (ITEMS - 1) * 3, 'and the one whose time was computed')
  await fixture.expireBy()
  await pass(1)
  assert.equal(fixture.errors, [])
  await fixture.close()
  await driver.close()
  await new TestKeyspace(options).drop()
})

test.run()
