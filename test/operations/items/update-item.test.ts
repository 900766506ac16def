import * as assert from 'uvu/assert'
import type { UpdateAction } from '../../../src/expression/update.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { type UpdateItem, updateItem } from '../../../src/operations/items/update-item.ts'
import { EngineFixture, HASH_ONLY, outcomeOf, WITH_INDEXES } from '../../engine/engine-fixture.ts'
import { remote } from '../../engine/remote-driver.ts'
import { item, type ShortValue, shown, value } from '../../engine/short-items.ts'
import { absent, add as addAt, put as putAt, remove } from '../../expression/short-expressions.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('update_item')

const KEY = item({ h: 'a' })
/** An update of the attribute with this name. */
type Update = (name: string) => UpdateAction

const put = (short: ShortValue) => (name: string) => putAt(name, value(short))
const add = (short: ShortValue) => (name: string) => addAt(name, value(short))
const REMOVE: Update = remove

function command(
  updates: Readonly<Record<string, Update>>,
  more: Partial<UpdateItem> = {},
): UpdateItem {
  const actions = Object.entries(updates).map(([name, update]) => update(name))
  return { table: 'table', key: KEY, updates: actions, returnValues: 'NONE', ...more }
}

async function withItem(attributes?: Readonly<Record<string, ShortValue>>) {
  const fixture = new EngineFixture()
  await fixture.create('table', HASH_ONLY)
  if (attributes) {
    const before = item({ h: 'a', ...attributes })
    await fixture.run(putItem, { table: 'table', item: before, returnValues: 'NONE' })
  }
  return fixture
}

const UPDATES = { v: add(1), w: put('new'), x: REMOVE }
const RETURNED = {
  NONE: [undefined, undefined],
  ALL_OLD: [item({ h: 'a', v: 1, x: 'old', y: 'kept' }), item({})],
  ALL_NEW: [item({ h: 'a', v: 2, w: 'new', y: 'kept' }), item({ h: 'a', v: 1, w: 'new' })],
  UPDATED_OLD: [item({ v: 1, x: 'old' }), item({})],
  UPDATED_NEW: [item({ v: 2, w: 'new' }), item({ v: 1, w: 'new' })],
} as const
for (const [mode, [ofItem, ofNothing]] of Object.entries(RETURNED)) {
  const returnValues = mode as UpdateItem['returnValues']
  test(`UpdateItem with ${mode} on an item, and on none`, async () => {
    const fixture = await withItem({ v: 1, x: 'old', y: 'kept' })
    const updated = await fixture.run(updateItem, command(UPDATES, { returnValues }))
    assert.is(shown(updated.attributes), shown(ofItem))
    const key = item({ h: 'b' })
    const made = await fixture.run(updateItem, command(UPDATES, { returnValues, key }))
    const expected = ofNothing && mode === 'ALL_NEW' ? item({ h: 'b', v: 1, w: 'new' }) : ofNothing
    assert.is(shown(made.attributes), shown(expected))
    assert.is(shown(await fixture.get('table', KEY)), shown(RETURNED.ALL_NEW[0]))
    await fixture.close()
  })
}

test('UpdateItem with only deletions creates no item', async () => {
  const fixture = await withItem()
  const result = await fixture.run(updateItem, command({ v: REMOVE }, { returnValues: 'ALL_NEW' }))
  assert.is(shown(result.attributes), '{}')
  assert.is(await fixture.get('table', KEY), undefined)
  await fixture.close()
})

test('a refused UpdateItem does not change the item', async () => {
  const fixture = await withItem({ v: 'text' })
  const before = shown(await fixture.get('table', KEY))
  const outcome = (updates: Record<string, Update>, more?: Partial<UpdateItem>) =>
    outcomeOf(fixture.run(updateItem, command(updates, more)))
  assert.is(await outcome({ v: add(1), w: put('x') }), 'invalid_update')
  assert.is(await outcome({ h: put('b') }), 'validation')
  assert.is(await outcome({ h: REMOVE }), 'validation')
  assert.is(await outcome({ w: put('x'.repeat(400 * 1024)) }), 'validation')
  assert.is(await outcome({ w: put('x') }, { key: item({ h: 'a', r: 1 }) }), 'validation')
  const condition = absent('v')
  assert.is(await outcome({ w: put('x') }, { condition }), 'condition_failed')
  assert.is(shown(await fixture.get('table', KEY)), before)
  await fixture.close()
})

test('UpdateItem with a value of another type than defined is refused', async () => {
  const fixture = new EngineFixture()
  await fixture.create('table', WITH_INDEXES)
  const key = item({ h: 'a', r: 1 })
  const outcome = (updates: Record<string, Update>) =>
    outcomeOf(fixture.run(updateItem, command(updates, { key })))
  assert.is(await outcome({ text: put(1) }), 'validation')
  assert.is(await outcome({ text: put('') }), 'validation')
  assert.is(await outcome({ text: put('x'.repeat(1025)) }), 'validation')
  assert.is(await outcome({ text: put('x') }), 'ok')
  await fixture.close()
})

test('UpdateItem with time_to_live replaces the expiry, without keeps it', async () => {
  const fixture = new EngineFixture({ now: () => 1_000_000 })
  const { id } = await fixture.create('table', HASH_ONLY)
  const expiresAt = async (ttl: Partial<UpdateItem>) => {
    await fixture.run(updateItem, command({ v: add(1) }, ttl))
    const read = { level: 'strong', deadline: performance.now() + 30_000 } as const
    const table = Buffer.from(id.replaceAll('-', ''), 'hex')
    return (await fixture.driver.get(table, Buffer.from('a'), Buffer.of(0x10), read))?.expiresAt
  }
  assert.is(await expiresAt({ timeToLiveSeconds: 60 }), 1_060)
  assert.is(await expiresAt({}), 1_060)
  assert.is(await expiresAt({ timeToLiveSeconds: 0 }), 0)
  await fixture.close()
})

test('UpdateItem: 50 concurrent ADD are all counted', async () => {
  const fixture = await withItem()
  await fixture.get('table', KEY)
  let requests = 0
  const addition = async () => {
    await fixture.run(updateItem, command({ v: add(1) }))
    requests += fixture.cost.requests
  }
  await Promise.all(Array.from({ length: 50 }, addition))
  assert.is(requests, 100, 'they take turns: no race is lost')
  assert.is(shown(await fixture.get('table', KEY)), shown(item({ h: 'a', v: 50 })))
  await fixture.close()
})

for (const [what, view] of [
  ['embedded', (driver: WornDriver) => driver],
  ['remote', remote],
] as const) {
  test(`UpdateItem: 50 concurrent ADD in two engines on one ${what} store count`, async () => {
    const store = new WornStore()
    const one = new EngineFixture({ driver: view(new WornDriver(store)) })
    const two = new EngineFixture({ driver: view(new WornDriver(store)) })
    await one.create('table', HASH_ONLY)
    let requests = 0
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const by = i % 2 === 0 ? one : two
        await by.run(updateItem, command({ v: add(1) }))
        requests += by.cost.requests
      }),
    )
    assert.is(shown(await two.get('table', KEY)), shown(item({ h: 'a', v: 50 })))
    assert.ok(requests < 50 * 20, `${requests} requests`)
    await one.close()
    await two.close()
  })
}

test.run()
