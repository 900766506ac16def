import * as assert from 'uvu/assert'
import { seeded } from '../../seeded.ts'
import { Service } from '../../support/service.ts'
import { test } from '../../support/suite.ts'
import { cassandraSection, TestKeyspace, testOptions } from '../cassandra-keyspace.ts'

/** A bulk load into an indexed table of a real Cassandra. */

const ITEMS = 3_000
const PARTITIONS = 50
const HEADERS = { 'X-Auth-Token': 'user:p1' }
const options = testOptions()
let service: Service
let tables: string

test.before(async () => {
  service = await Service.start({
    DEFAULT: { storage_driver: 'cassandra', workers: 2 },
    cassandra: cassandraSection(options),
  })
  tables = `${service.url}/v1/data/p1/tables`
  await call('', {
    table_name: 'bulk-load.test',
    attribute_definitions: [
      { attribute_name: 'h', attribute_type: 'S' },
      { attribute_name: 'r', attribute_type: 'N' },
      { attribute_name: 'word', attribute_type: 'S' },
    ],
    key_schema: [
      { attribute_name: 'h', key_type: 'HASH' },
      { attribute_name: 'r', key_type: 'RANGE' },
    ],
    local_secondary_indexes: [
      {
        index_name: 'by-word',
        key_schema: [
          { attribute_name: 'h', key_type: 'HASH' },
          { attribute_name: 'word', key_type: 'RANGE' },
        ],
        projection: { projection_type: 'ALL' },
      },
    ],
  })
})

test.after(async () => {
  const code = await service.stop()
  await new TestKeyspace(options).drop()
  assert.is(code, 0, 'the service ends with 0')
})

async function call(path: string, body: unknown) {
  const answer = await fetch(tables + path, {
    method: 'POST',
    headers: HEADERS,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await answer.text()
  assert.is(answer.status, 200, text)
  return text
}

const lineOf = (n: number, word: string) =>
  `{"h":{"S":"h${n % PARTITIONS}"},"r":{"N":"${n}"},"word":{"S":"${word}"}}\n`

async function countBy(index: string | undefined, h: string, word?: string): Promise<number> {
  const equal = (value: string) => ({
    comparison_operator: 'EQ',
    attribute_value_list: [{ S: value }],
  })
  const reply = await call('/bulk-load.test/query', {
    key_conditions: { h: equal(h), ...(word && { word: equal(word) }) },
    consistent_read: true,
    select: 'COUNT',
    ...(index && { index_name: index }),
  })
  return JSON.parse(reply).count
}

test('a bulk load stores every item and index entry, also replaced ones', async () => {
  const random = seeded('bulk load on Cassandra')
  const words = Array.from({ length: ITEMS }, () => random.pick(['red', 'green']))
  const older = words.map((word, n) => lineOf(n, `${word}-old`))
  const startedAt = performance.now()
  for (const lines of [older, words.map((word, n) => lineOf(n, word))]) {
    const reply = await call('/bulk-load.test/bulk_load?progress=true', lines.join(''))
    const { read, processed, failed } = JSON.parse(reply.trim().split('\n').at(-1) ?? '')
    assert.equal([read, processed, failed], [ITEMS, ITEMS, 0])
  }
  const seconds = (performance.now() - startedAt) / 1_000
  console.log(`${Math.round((2 * ITEMS) / seconds)} items a second`)
  for (let h = 0; h < PARTITIONS; h++) {
    const own = words.filter((_, n) => n % PARTITIONS === h)
    assert.is(await countBy(undefined, `h${h}`), own.length)
    assert.is(await countBy('by-word', `h${h}`), own.length)
    for (const word of ['red', 'green']) {
      const expected = own.filter((each) => each === word).length
      assert.is(await countBy('by-word', `h${h}`, word), expected)
    }
    assert.is(await countBy('by-word', `h${h}`, 'red-old'), 0)
  }
})

test('a bulk load over many partitions stops at the first invalid line', async () => {
  const single = (n: number) => `{"h":{"S":"single-${n}"},"r":{"N":"1"}}\n`
  const good = Array.from({ length: 500 }, (_, n) => single(n)).join('')
  const reply = JSON.parse(
    await call('/bulk-load.test/bulk_load', `${good}{"h":{"S":"x"}}\n${single(500)}`),
  )
  assert.equal(
    [reply.read, reply.processed, reply.unprocessed, reply.failed, reply.last_item],
    [502, 500, 1, 1, '{"h":{"S":"x"}}\n'],
  )
  assert.equal(Object.values(reply.failed_items), [
    `ValidationError("Couldn't find expected key attributes: 'r'",)`,
  ])
  assert.is(await countBy(undefined, 'single-499'), 1)
  assert.is(await countBy(undefined, 'single-500'), 0)
})

test.run()
