import * as assert from 'uvu/assert'
import { pathOf } from '../../../src/expression/path.ts'
import { getItem } from '../../../src/operations/items/get-item.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import type { ReadLevel, StorageDriver } from '../../../src/storage/driver.ts'
import { EngineFixture, outcomeOf } from '../../engine/engine-fixture.ts'
import { item, shown } from '../../engine/short-items.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('get_item')

const KEY = item({ h: 'a', r: 1 })
const STORED = item({ h: 'a', r: 1, v: 0, empty: '' })

async function withItem(driver?: StorageDriver) {
  const fixture = new EngineFixture(driver ? { driver } : {})
  await fixture.create('table')
  await fixture.run(putItem, { table: 'table', item: STORED, returnValues: 'NONE' })
  return fixture
}

test('GetItem returns the item, its requested attributes, or nothing', async () => {
  const fixture = await withItem()
  const get = { table: 'table', key: KEY, consistentRead: false }
  const found = async (names?: string[]) =>
    shown(
      (await fixture.run(getItem, { ...get, ...(names ? { paths: names.map(pathOf) } : {}) })).item,
    )
  assert.is(await found(), shown(STORED))
  assert.is(await found(['v', 'absent', 'h']), shown(item({ h: 'a', v: 0 })))
  assert.is(await found(['absent']), '{}')
  const absent = item({ h: 'a', r: 2 })
  assert.equal(await fixture.run(getItem, { ...get, key: absent }), { bytes: 0 })
  assert.equal(await fixture.run(getItem, { ...get, key: absent, paths: [pathOf('v')] }), {
    bytes: 0,
  })
  await fixture.close()
})

test('GetItem with other than the key attributes and types is refused', async () => {
  const fixture = await withItem()
  for (const key of [item({}), item({ h: 'a' }), item({ h: 'a', r: '1' }), STORED]) {
    const get = fixture.run(getItem, { table: 'table', key, consistentRead: true })
    assert.is(await outcomeOf(get), 'validation')
  }
  await fixture.close()
})

test('GetItem on an unknown table of any name answers table_not_found', async () => {
  const fixture = await withItem()
  for (const table of ['', 'Table', 'x'.repeat(256), 'x'.repeat(16_000), '__proto__']) {
    const get = fixture.run(getItem, { table, key: KEY, consistentRead: true })
    assert.is(await outcomeOf(get), 'table_not_found')
    const canExist = table.length >= 1 && table.length <= 255
    assert.is(fixture.cost.requests, canExist ? 1 : 0, 'no row has such a name')
  }
  await fixture.close()
})

test('GetItem with consistent_read reads strongly', async () => {
  const levels: ReadLevel[] = []
  const driver = new WornDriver()
  const get = driver.get.bind(driver)
  driver.get = (table, partition, sort, read) => {
    levels.push(read.level)
    return get(table, partition, sort, read)
  }
  const fixture = await withItem(driver)
  levels.length = 0
  for (const consistentRead of [true, false]) {
    await fixture.run(getItem, { table: 'table', key: KEY, consistentRead })
  }
  assert.equal(levels, ['strong', 'eventual'])
  await fixture.close()
})

test('the same table name in two projects means two tables', async () => {
  const fixture = await withItem()
  const other = new EngineFixture({ driver: fixture.driver, projectId: 'other' })
  assert.is(await outcomeOf(other.get('table', KEY)), 'table_not_found')
  await other.create('table')
  assert.is(await other.get('table', KEY), undefined)
  assert.is(shown(await fixture.get('table', KEY)), shown(STORED))
  await fixture.close()
  await other.close()
})

test.run()
