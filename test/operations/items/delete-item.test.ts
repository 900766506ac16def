import * as assert from 'uvu/assert'
import type { Condition } from '../../../src/expression/condition.ts'
import { comparison } from '../../../src/expression/condition.ts'
import { type DeleteItem, deleteItem } from '../../../src/operations/items/delete-item.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { EngineFixture, HASH_ONLY, outcomeOf, WITH_INDEXES } from '../../engine/engine-fixture.ts'
import { item, shown, value } from '../../engine/short-items.ts'
import { absent } from '../../expression/short-expressions.ts'
import { suite } from '../../support/suite.ts'

const test = suite('delete_item')

const TABLES = [
  ['plain', HASH_ONLY, {}],
  ['indexed', WITH_INDEXES, { r: 1 }],
] as const
for (const [what, parts, range] of TABLES) {
  const key = item({ h: 'a', ...range })
  const stored = item({ h: 'a', v: 1, text: 'x', ...range })
  const IS_ONE: Condition = comparison('v', 'eq', value(1))

  const deleting = async () => {
    const fixture = new EngineFixture()
    await fixture.create('table', parts)
    await fixture.run(putItem, { table: 'table', item: stored, returnValues: 'NONE' })
    const remove = (more: Partial<DeleteItem> = {}) =>
      fixture.run(deleteItem, { table: 'table', key, returnValues: 'NONE', ...more })
    return { fixture, remove }
  }

  test(`${what}: DeleteItem deletes an item, and succeeds on an absent one`, async () => {
    const { fixture, remove } = await deleting()
    assert.is((await remove()).attributes, undefined)
    assert.is(await fixture.get('table', key), undefined)
    assert.is((await remove()).attributes, undefined)
    await fixture.close()
  })

  test(`${what}: DeleteItem with ALL_OLD returns the whole item, or nothing`, async () => {
    const { fixture, remove } = await deleting()
    const { attributes } = await remove({ returnValues: 'ALL_OLD' })
    assert.is(shown(attributes), shown(stored))
    assert.is((await remove({ returnValues: 'ALL_OLD' })).attributes, undefined)
    await fixture.close()
  })

  test(`${what}: DeleteItem with a condition that fails deletes nothing`, async () => {
    const { fixture, remove } = await deleting()
    const isTwo: Condition = comparison('v', 'eq', value(2))
    const isAbsent = absent('v')
    assert.is(await outcomeOf(remove({ condition: isTwo })), 'condition_failed')
    assert.is(shown(await fixture.get('table', key)), shown(stored))
    assert.is((await remove({ condition: IS_ONE })).attributes, undefined)
    assert.is(await fixture.get('table', key), undefined)
    assert.is(await outcomeOf(remove({ condition: IS_ONE })), 'condition_failed')
    assert.is((await remove({ condition: isAbsent })).attributes, undefined)
    await fixture.close()
  })

  test(`${what}: of many concurrent conditional deletes one succeeds`, async () => {
    const { fixture, remove } = await deleting()
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => outcomeOf(remove({ condition: IS_ONE }))),
    )
    assert.is(outcomes.filter((outcome) => outcome === 'ok').length, 1)
    assert.is(outcomes.filter((outcome) => outcome === 'condition_failed').length, 9)
    await fixture.close()
  })
}

test.run()
