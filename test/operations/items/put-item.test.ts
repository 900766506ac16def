import * as assert from 'uvu/assert'
import { refuseContradiction } from '../../../src/dialect/magnetodb/decode/put-item.ts'
import type { Condition } from '../../../src/expression/condition.ts'
import { comparison } from '../../../src/expression/condition.ts'
import type { AttributeValue } from '../../../src/model/attribute-value.ts'
import { type PutItem, putItem } from '../../../src/operations/items/put-item.ts'
import { EngineFixture, HASH_ONLY, outcomeOf, WITH_INDEXES } from '../../engine/engine-fixture.ts'
import { item, shown, value } from '../../engine/short-items.ts'
import { absent, exists } from '../../expression/short-expressions.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('put_item')

const ABSENT: Condition = absent('h')
const OLD = item({ h: 'a', v: 1, w: 'old' })
const NEW = item({ h: 'a', v: 2 })

for (const [what, parts] of [
  ['plain', HASH_ONLY],
  ['indexed', WITH_INDEXES],
] as const) {
  const key = what === 'plain' ? {} : { r: 1 }
  const [old, next] = [item({ h: 'a', v: 1, w: 'old', ...key }), item({ h: 'a', v: 2, ...key })]

  test(`${what}: PutItem replaces the whole item`, async () => {
    const fixture = new EngineFixture()
    await fixture.create('table', parts)
    const put = { table: 'table', returnValues: 'NONE' } as const
    assert.is((await fixture.run(putItem, { ...put, item: old })).attributes, undefined)
    assert.is((await fixture.run(putItem, { ...put, item: next })).attributes, undefined)
    assert.is(shown(await fixture.get('table', item({ h: 'a', ...key }))), shown(next))
    await fixture.close()
  })

  test(`${what}: PutItem with ALL_OLD returns the old item, or nothing`, async () => {
    const fixture = new EngineFixture()
    await fixture.create('table', parts)
    const put = { table: 'table', returnValues: 'ALL_OLD' } as const
    assert.is((await fixture.run(putItem, { ...put, item: old })).attributes, undefined)
    const { attributes } = await fixture.run(putItem, { ...put, item: next })
    assert.is(shown(attributes), shown(old))
    await fixture.close()
  })
}

test('PutItem with a condition that fails changes nothing', async () => {
  const fixture = new EngineFixture()
  await fixture.create('table', HASH_ONLY)
  const put = { table: 'table', returnValues: 'NONE' } as const
  const isOne: Condition = comparison('v', 'eq', value(1))
  const failed = fixture.run(putItem, { ...put, item: OLD, condition: isOne })
  assert.is(await outcomeOf(failed), 'condition_failed')
  assert.is(await fixture.get('table', item({ h: 'a' })), undefined)
  await fixture.run(putItem, { ...put, item: OLD, condition: ABSENT })
  const again = fixture.run(putItem, { ...put, item: NEW, condition: ABSENT })
  assert.is(await outcomeOf(again), 'condition_failed')
  assert.is(shown(await fixture.get('table', item({ h: 'a' }))), shown(OLD))
  await fixture.run(putItem, { ...put, item: NEW, condition: isOne })
  assert.is(shown(await fixture.get('table', item({ h: 'a' }))), shown(NEW))
  await fixture.close()
})

test('PutItem evaluates its condition on a concurrent write', async () => {
  const store = new WornStore()
  const other = new EngineFixture({ driver: new WornDriver(store) })
  await other.create('table', HASH_ONLY)
  const put = { table: 'table', returnValues: 'NONE' } as const
  await other.run(putItem, { ...put, item: OLD })
  const driver = new WornDriver(store)
  let overtakes = true
  const commit = driver.commit.bind(driver)
  driver.commit = async (...call) => {
    if (overtakes && call[2].fence) {
      overtakes = false
      await other.run(putItem, { ...put, item: NEW })
    }
    return commit(...call)
  }
  const fixture = new EngineFixture({ driver })
  const condition: Condition = comparison('v', 'eq', value(1))
  const late = fixture.run(putItem, { ...put, item: item({ h: 'a', v: 3 }), condition })
  assert.is(await outcomeOf(late), 'condition_failed')
  assert.is(shown(await other.get('table', item({ h: 'a' }))), shown(NEW))
  for (const each of [fixture, other]) await each.close()
})

test('PutItem that requires presence and absence is refused if the wire wants it', async () => {
  const fixture = new EngineFixture()
  await fixture.create('table', HASH_ONLY)
  const put = { table: 'table', item: NEW, returnValues: 'NONE' } as const
  const beside = (other: Condition): Condition => ({ op: 'and', conditions: [other, ABSENT] })
  const none = absent('v')
  for (const other of [comparison('v', 'eq', value(1)), exists('v')] as const) {
    const condition = beside(other)
    const refused = fixture.run(putItem, {
      ...put,
      condition,
      check: refuseContradiction(condition),
    })
    assert.is(await outcomeOf(refused), 'validation')
    assert.is(await outcomeOf(fixture.run(putItem, { ...put, condition })), 'condition_failed')
  }
  const elsewhere: Condition = {
    op: 'and',
    conditions: [none, exists('w')],
  }
  const unmet = fixture.run(putItem, {
    ...put,
    condition: elsewhere,
    check: refuseContradiction(elsewhere),
  })
  assert.is(await outcomeOf(unmet), 'condition_failed')
  const bothAbsent = beside(none)
  await fixture.run(putItem, {
    ...put,
    condition: bothAbsent,
    check: refuseContradiction(bothAbsent),
  })
  assert.is(shown(await fixture.get('table', item({ h: 'a' }))), shown(NEW))
  await fixture.close()
})

test('of many concurrent PutItem that require absence one succeeds', async () => {
  const fixture = new EngineFixture()
  await fixture.create('table', HASH_ONLY)
  const puts = Array.from({ length: 20 }, (_, v) => {
    const command = { table: 'table', item: item({ h: 'a', v }), condition: ABSENT }
    return outcomeOf(fixture.run(putItem, { ...command, returnValues: 'NONE' }))
  })
  const outcomes = await Promise.all(puts)
  assert.is(outcomes.filter((outcome) => outcome === 'ok').length, 1)
  assert.is(outcomes.filter((outcome) => outcome === 'condition_failed').length, 19)
  await fixture.close()
})

test('PutItem with an invalid or too large item is refused', async () => {
  const fixture = new EngineFixture()
  await fixture.create('table', HASH_ONLY)
  const put = { table: 'table', returnValues: 'NONE' } as const
  const huge = item({ h: 'a', data: 'x'.repeat(400 * 1024) })
  for (const bad of [item({ v: 1 }), item({ h: 1 }), item({ h: '' }), huge]) {
    assert.is(await outcomeOf(fixture.run(putItem, { ...put, item: bad })), 'validation')
  }
  const elsewhere = fixture.run(putItem, { ...put, table: 'elsewhere', item: OLD })
  assert.is(await outcomeOf(elsewhere), 'table_not_found')
  await fixture.close()
})

test('PutItem: an item lives for its time_to_live, for ever with none or 0', async () => {
  const fixture = new EngineFixture({ now: () => 1_700_000_000_999 })
  const { id } = await fixture.create('table', HASH_ONLY)
  const expiresAt = async (timeToLiveSeconds?: number) => {
    const ttl = timeToLiveSeconds === undefined ? {} : { timeToLiveSeconds }
    await fixture.run(putItem, { table: 'table', item: OLD, returnValues: 'NONE', ...ttl })
    const read = { level: 'strong', deadline: performance.now() + 30_000 } as const
    const table = Buffer.from(id.replaceAll('-', ''), 'hex')
    return (await fixture.driver.get(table, Buffer.from('a'), Buffer.of(0x10), read))?.expiresAt
  }
  assert.is(await expiresAt(60), 1_700_000_061)
  assert.is(await expiresAt(0), 0)
  assert.is(await expiresAt(), 0)
  await fixture.close()
})

test('PutItem with an item whose JSON is too long is refused', async () => {
  const fixture = new EngineFixture()
  await fixture.create('table', HASH_ONLY)
  const list = Array.from({ length: 30_000 }, () => ({ type: 'N', value: `1${'0'.repeat(125)}` }))
  const long: AttributeValue = { type: 'L', value: list as AttributeValue[] }
  const put = { table: 'table', item: new Map([...NEW, ['long', long]]), returnValues: 'NONE' }
  assert.is(await outcomeOf(fixture.run(putItem, put as PutItem)), 'validation')
  await fixture.close()
})

test.run()
