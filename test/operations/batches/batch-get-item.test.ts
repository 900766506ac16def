import * as assert from 'uvu/assert'
import { pathOf } from '../../../src/expression/path.ts'
import type { Item } from '../../../src/model/attribute-value.ts'
import { BATCH_GET_SIZE_BYTES_MAX } from '../../../src/model/limits.ts'
import {
  type BatchGetItemResult,
  batchGetItem,
} from '../../../src/operations/batches/batch-get-item.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { StorageUnavailableError } from '../../../src/storage/driver.ts'
import { EngineFixture, HASH_ONLY, isOfTenant, outcomeOf } from '../../engine/engine-fixture.ts'
import { allShown, item } from '../../engine/short-items.ts'
import { faulty } from '../../storage/faulty-driver.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('batch_get_item')

/** Tables `one` and `two`, with one item per hash key. Reads of items fail while `isFailing`. */
async function withItems(isFailing: () => boolean = () => false) {
  const driver = faulty(new WornDriver(), ({ table }) =>
    isOfTenant(table) && isFailing() ? { fault: 'unavailable' } : undefined,
  )
  const fixture = new EngineFixture({ driver })
  for (const table of ['one', 'two']) {
    await fixture.create(table, HASH_ONLY)
    for (const h of ['a', 'b', 'c']) {
      await fixture.run(putItem, { table, item: item({ h, v: table }), returnValues: 'NONE' })
    }
  }
  return fixture
}

function request(table: string, ...hashes: string[]) {
  return { table, keys: hashes.map((h) => item({ h })), consistentRead: true }
}

function responses({ responses: found }: BatchGetItemResult): Record<string, string[]> {
  return Object.fromEntries([...found].map(([table, items]) => [table, allShown(items).sort()]))
}

test('BatchGetItem returns items of several tables, without absent ones', async () => {
  const fixture = await withItems()
  const result = await fixture.run(batchGetItem, {
    requests: [
      request('one', 'a', 'x', 'b', 'a'),
      { ...request('two', 'c'), paths: [pathOf('v')] },
    ],
  })
  assert.equal(responses(result), {
    one: allShown([item({ h: 'a', v: 'one' }), item({ h: 'b', v: 'one' })]),
    two: allShown([item({ v: 'two' })]),
  })
  assert.equal(result.unprocessed, [])
  assert.equal(fixture.cost.depth, 1)
  const nothing = await fixture.run(batchGetItem, { requests: [request('one', 'x')] })
  assert.equal([nothing.responses.size, nothing.unprocessed], [0, []])
  await fixture.close()
})

test('BatchGetItem returns unread keys as unprocessed with their options', async () => {
  let calls = 0
  let active = false
  const fixture = await withItems(() => active && ++calls % 2 === 0)
  active = true
  const asked = { ...request('one', 'a', 'b', 'c', 'd'), paths: [pathOf('h')] }
  const { responses: found, unprocessed } = await fixture.run(batchGetItem, { requests: [asked] })
  assert.equal(allShown(found.get('one') ?? []), allShown([item({ h: 'a' }), item({ h: 'c' })]))
  assert.equal(unprocessed, [{ ...asked, keys: [item({ h: 'b' }), item({ h: 'd' })] }])
  await fixture.close()
})

test('BatchGetItem fails if nothing could be read', async () => {
  let active = false
  const fixture = await withItems(() => active)
  active = true
  const asked = fixture.run(batchGetItem, { requests: [request('one', 'a', 'b')] })
  const error = await asked.catch((reason: unknown) => reason)
  assert.instance(error, StorageUnavailableError)
  await fixture.close()
})

test('BatchGetItem with a bad key or unknown table is refused as a whole', async () => {
  const fixture = await withItems()
  const outcome = (...requests: ReturnType<typeof request>[]) =>
    outcomeOf(fixture.run(batchGetItem, { requests }))
  assert.is(await outcome(request('one', 'a', '')), 'validation')
  assert.is(await outcome(request('one', 'a'), request('three', 'a')), 'table_not_found')
  assert.is(await outcome(request('one', ''), request('three', 'a')), 'table_not_found')
  await fixture.close()
})

test('a BatchGetItem answer ends before 16 MB; the rest is unprocessed', async () => {
  const fixture = await withItems()
  const hashes = Array.from({ length: 45 }, (_, i) => `h${i}`)
  for (const h of hashes) {
    const big = item({ h, data: 'x'.repeat(400_000) })
    await fixture.run(putItem, { table: 'one', item: big, returnValues: 'NONE' })
  }
  const first = await fixture.run(batchGetItem, { requests: [request('one', ...hashes)] })
  const found = first.responses.get('one') ?? []
  assert.is(found.length, 41)
  const rest = await fixture.run(batchGetItem, { requests: first.unprocessed })
  assert.is(found.length + (rest.responses.get('one')?.length ?? 0), 45)
  assert.equal(rest.unprocessed, [])
  await fixture.close()
})

test('a BatchGetItem answer is measured by its JSON', async () => {
  const fixture = await withItems()
  const hashes = Array.from({ length: 60 }, (_, i) => `h${i}`)
  // Each character takes six in JSON: 2.4 MB.
  const data = '\u0001'.repeat(400_000)
  for (const h of hashes) {
    await fixture.run(putItem, { table: 'one', item: item({ h, data }), returnValues: 'NONE' })
  }
  const requests = [request('one', ...hashes)]
  const { responses: found, unprocessed } = await fixture.run(batchGetItem, { requests })
  const items = found.get('one') ?? []
  const sent = items.reduce((sum, { json }) => sum + json.length, 0)
  assert.ok(sent <= BATCH_GET_SIZE_BYTES_MAX, `${sent} bytes`)
  assert.is(items.length, 6)
  assert.is(unprocessed[0]?.keys.length, 54)
  assert.is(fixture.cost.requests, 50)
  await fixture.close()
})

test('BatchGetItem reads 100 keys in two waves, each once', async () => {
  const fixture = await withItems()
  await fixture.create('ranged')
  const [hashes, keys] = [[] as string[], [] as Item[]]
  for (let n = 0; n < 100; n++) {
    hashes.push(`h${n}`)
    keys.push(item({ h: 'a', r: n }))
    await fixture.run(putItem, { table: 'one', item: item({ h: `h${n}` }), returnValues: 'NONE' })
    await fixture.run(putItem, {
      table: 'ranged',
      item: item({ h: 'a', r: n }),
      returnValues: 'NONE',
    })
  }
  const spread = await fixture.run(batchGetItem, { requests: [request('one', ...hashes)] })
  assert.equal(responses(spread), { one: allShown(hashes.map((h) => item({ h }))).sort() })
  assert.equal(fixture.cost, { requests: 100, depth: 2 })
  const together = await fixture.run(batchGetItem, {
    requests: [{ table: 'ranged', keys, consistentRead: true }],
  })
  assert.equal(responses(together), { ranged: allShown(keys).sort() })
  assert.equal(fixture.cost, { requests: 2, depth: 2 })
  await fixture.close()
})

test.run()
