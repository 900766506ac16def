import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { TAGS_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import { TAGS_MAX } from '../../../src/model/limits.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { listTagsOfResource } from '../../../src/operations/tables/list-tags.ts'
import { tagResource } from '../../../src/operations/tables/tag-resource.ts'
import { untagResource } from '../../../src/operations/tables/untag-resource.ts'
import { EngineFixture, outcomeOf } from '../../engine/engine-fixture.ts'
import { suite } from '../../support/suite.ts'

const test = suite('tags')

const table = 'table'
const WITHIN_MS = 30_000

function tag(fixture: EngineFixture, tags: Readonly<Record<string, string>>): Promise<void> {
  return fixture.run(tagResource, { table, tags: new Map(Object.entries(tags)) })
}

function untag(fixture: EngineFixture, ...keys: string[]): Promise<void> {
  return fixture.run(untagResource, { table, keys: new Set(keys) })
}

async function tagsOf(fixture: EngineFixture): Promise<Record<string, string>> {
  return Object.fromEntries((await fixture.run(listTagsOfResource, { table })).tags)
}

function numbered(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${i}`, `${i}`]))
}

async function storedRows(fixture: EngineFixture): Promise<number> {
  const read = { level: 'strong', deadline: performance.now() + WITHIN_MS } as const
  const partition = Buffer.from(fixture.projectId)
  const budget = { rows: 10, bytes: 1_000_000 }
  const page = await fixture.driver.slice(TAGS_TABLE_ID, partition, {}, 'forward', budget, read)
  return page.rows.length
}

test('tags are added, replaced and removed', async () => {
  const fixture = new EngineFixture()
  await fixture.create(table)
  assert.equal(await tagsOf(fixture), {})
  await tag(fixture, { one: '1', two: '' })
  await tag(fixture, { one: 'new', näme: 'x' })
  assert.equal(await tagsOf(fixture), { one: 'new', two: '', näme: 'x' })
  await untag(fixture, 'two', 'absent')
  assert.equal(await tagsOf(fixture), { one: 'new', näme: 'x' })
  await untag(fixture, 'one', 'näme')
  assert.equal(await tagsOf(fixture), {})
  assert.is(await storedRows(fixture), 0)
  await fixture.close()
})

test('a table has at most 50 tags, and one more is refused', async () => {
  const fixture = new EngineFixture()
  await fixture.create(table)
  await tag(fixture, numbered(TAGS_MAX))
  await tag(fixture, { 'key-0': 'new' })
  assert.is(await outcomeOf(tag(fixture, { more: '' })), 'validation')
  assert.is(Object.keys(await tagsOf(fixture)).length, TAGS_MAX)
  await fixture.close()
})

test('concurrent TagResource calls lose no tag', async () => {
  const fixture = new EngineFixture()
  await fixture.create(table)
  await Promise.all(Object.entries(numbered(8)).map(([key, text]) => tag(fixture, { [key]: text })))
  assert.equal(await tagsOf(fixture), numbered(8))
  await fixture.close()
})

test('CreateTable stores its tags, and none if it fails', async () => {
  const fixture = new EngineFixture()
  await fixture.create(table, { tags: new Map([['a', 'b']]) })
  assert.equal(await tagsOf(fixture), { a: 'b' })
  const again = fixture.create(table, { tags: new Map([['c', 'd']]) })
  assert.is(await outcomeOf(again), 'table_exists')
  assert.equal(await tagsOf(fixture), { a: 'b' })
  assert.is(await storedRows(fixture), 1)
  await fixture.close()
})

test('tags of a missing table answer table_not_found', async () => {
  const fixture = new EngineFixture()
  assert.is(await outcomeOf(tag(fixture, { a: 'b' })), 'table_not_found')
  assert.is(await outcomeOf(tagsOf(fixture)), 'table_not_found')
  await fixture.close()
})

test('the tags of a deleted table are deleted with its data', async () => {
  const fixture = new EngineFixture()
  await fixture.create(table, { tags: new Map([['a', 'b']]) })
  await fixture.create('other')
  await fixture.run(deleteTable, { table })
  const until = performance.now() + WITHIN_MS
  while ((await storedRows(fixture)) > 0 && performance.now() < until) await delay(10)
  assert.is(await storedRows(fixture), 0)
  await fixture.create(table)
  assert.equal(await tagsOf(fixture), {})
  await fixture.close()
})

test.run()
