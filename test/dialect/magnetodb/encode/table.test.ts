import * as assert from 'uvu/assert'
import {
  encodeCreatedTable,
  encodeDeletedTable,
  encodeTable,
} from '../../../../src/dialect/magnetodb/encode/table.ts'
import type { TableDefinition } from '../../../../src/model/table.ts'
import { test } from '../../../support/suite.ts'
import { TABLES_URL, v1Request } from '../requests.ts'

const PLAIN: TableDefinition = {
  id: '6d9d3a30-0000-4000-8000-000000000001',
  name: 'Thread',
  status: 'ACTIVE',
  attributeTypes: new Map([['forum', 'S']]),
  key: { hash: 'forum' },
  indexes: [],
  settings: {},
  createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 60),
}

const INDEXED: TableDefinition = {
  ...PLAIN,
  attributeTypes: new Map([
    ['forum', 'S'],
    ['subject', 'S'],
    ['__proto__', 'N'],
    ['last', 'B'],
    ['extra', 'SNM'],
  ]),
  key: { hash: 'forum', range: 'subject' },
  indexes: [
    { kind: 'local', name: 'all', number: 0, range: '__proto__', projection: { type: 'ALL' } },
    { kind: 'local', name: 'keys', number: 1, range: 'last', projection: { type: 'KEYS_ONLY' } },
    {
      kind: 'local',
      name: 'some',
      number: 2,
      range: 'extra',
      projection: { type: 'INCLUDE', nonKeyAttributes: ['a', 'constructor'] },
    },
  ],
}

const PLAIN_DESCRIPTION = {
  attribute_definitions: [{ attribute_name: 'forum', attribute_type: 'S' }],
  creation_date_time: '2026-01-02 03:04:05.060000',
  item_count: 0,
  key_schema: [{ attribute_name: 'forum', key_type: 'HASH' }],
  table_id: '6d9d3a30-0000-4000-8000-000000000001',
  table_name: 'Thread',
  table_status: 'ACTIVE',
  table_size_bytes: 0,
  links: [
    { href: `${TABLES_URL}/Thread`, rel: 'self' },
    { href: `${TABLES_URL}/Thread`, rel: 'bookmark' },
  ],
}

const request = v1Request({})

test('DescribeTable has no list of indexes for a table without any', () => {
  assert.equal(JSON.parse(encodeTable(PLAIN, request)), { table: PLAIN_DESCRIPTION })
})

test('CreateTable answers CREATING, whatever the status is', () => {
  assert.equal(JSON.parse(encodeCreatedTable(PLAIN, request)), {
    table_description: { ...PLAIN_DESCRIPTION, table_status: 'CREATING' },
  })
})

test('DeleteTable always answers a list of indexes', () => {
  assert.equal(JSON.parse(encodeDeletedTable({ ...PLAIN, status: 'DELETING' }, request)), {
    table_description: {
      ...PLAIN_DESCRIPTION,
      table_status: 'DELETING',
      local_secondary_indexes: [],
    },
  })
  const { table_description } = JSON.parse(encodeDeletedTable(INDEXED, request))
  assert.is(table_description.local_secondary_indexes.length, 3)
})

test('DescribeTable has keys, definitions and indexes with projections', () => {
  const { table } = JSON.parse(encodeTable(INDEXED, request))
  assert.equal(table.attribute_definitions, [
    { attribute_name: 'forum', attribute_type: 'S' },
    { attribute_name: 'subject', attribute_type: 'S' },
    { attribute_name: '__proto__', attribute_type: 'N' },
    { attribute_name: 'last', attribute_type: 'B' },
    { attribute_name: 'extra', attribute_type: 'SNM' },
  ])
  assert.equal(table.key_schema, [
    { attribute_name: 'forum', key_type: 'HASH' },
    { attribute_name: 'subject', key_type: 'RANGE' },
  ])
  const index = (name: string, range: string, projection: object) => ({
    index_name: name,
    key_schema: [
      { attribute_name: 'forum', key_type: 'HASH' },
      { attribute_name: range, key_type: 'RANGE' },
    ],
    projection,
    item_count: 0,
    index_size_bytes: 0,
  })
  assert.equal(table.local_secondary_indexes, [
    index('all', '__proto__', { projection_type: 'ALL' }),
    index('keys', 'last', { projection_type: 'KEYS_ONLY' }),
    index('some', 'extra', {
      projection_type: 'INCLUDE',
      non_key_attributes: ['a', 'constructor'],
    }),
  ])
})

test('a creation time of a whole second has no fraction', () => {
  const { table } = JSON.parse(encodeTable({ ...PLAIN, createdAt: 0 }, request))
  assert.is(table.creation_date_time, '1970-01-01 00:00:00')
})

test.run()
