import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { V1_ROUTES } from '../../../src/dialect/magnetodb/routes.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { type Seeded, seeded } from '../../seeded.ts'
import { HOSTILE_NAMES } from '../random-value.ts'
import { v1Request } from './requests.ts'

const KEY = { forum: { S: 'x' }, n: { N: '1.5' } }
const EQ = { comparison_operator: 'EQ', attribute_value_list: [{ S: 'x' }] }

const BODIES: Readonly<Record<string, unknown>> = {
  create_table: {
    table_name: 'Thread',
    attribute_definitions: [
      { attribute_name: 'forum', attribute_type: 'S' },
      { attribute_name: 'n', attribute_type: 'N' },
      { attribute_name: 'b', attribute_type: 'B' },
    ],
    key_schema: [
      { attribute_name: 'forum', key_type: 'HASH' },
      { attribute_name: 'n', key_type: 'RANGE' },
    ],
    local_secondary_indexes: [
      {
        index_name: 'by_b',
        key_schema: [
          { attribute_name: 'forum', key_type: 'HASH' },
          { attribute_name: 'b', key_type: 'RANGE' },
        ],
        projection: { projection_type: 'INCLUDE', non_key_attributes: ['x'] },
      },
    ],
  },
  put_item: {
    item: { ...KEY, s: { SS: ['a'] }, m: { SNM: { a: '1' } }, l: { L: [{ M: { a: { B: '' } } }] } },
    expected: { forum: { exists: false }, s: { value: { SS: ['a'] } } },
    return_values: 'ALL_OLD',
    time_to_live: 5,
  },
  get_item: { key: KEY, attributes_to_get: ['a', 'b'], consistent_read: true },
  update_item: {
    key: KEY,
    attribute_updates: { a: { action: 'ADD', value: { N: '1' } }, b: { action: 'DELETE' } },
    expected: { a: { exists: true } },
    return_values: 'UPDATED_NEW',
  },
  delete_item: { key: KEY, expected: { a: { value: { S: '' } } }, return_values: 'ALL_OLD' },
  query: {
    key_conditions: { forum: EQ, n: { ...EQ, comparison_operator: 'GE' } },
    index_name: 'by_b',
    select: 'COUNT',
    limit: 5,
    exclusive_start_key: KEY,
    scan_index_forward: true,
  },
  scan: {
    scan_filter: { forum: EQ, a: { comparison_operator: 'NOT_NULL' } },
    attributes_to_get: ['a'],
    segment: 1,
    total_segments: '4',
    exclusive_start_key: KEY,
  },
  batch_get_item: { request_items: { Thread: { keys: [KEY], attributes_to_get: ['a'] } } },
  batch_write_item: {
    request_items: { Thread: [{ put_request: { item: KEY }, delete_request: { key: KEY } }] },
  },
}

const REPLACEMENTS: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  '',
  'x',
  '1e400',
  [],
  [null],
  {},
  { S: 'x' },
  { '': {} },
  ...HOSTILE_NAMES.map((name) => Object.fromEntries([[name, { S: 'x' }]])),
]

/** The same JSON with about one of its parts replaced, renamed or left out. */
function mutated(json: unknown, random: Seeded): unknown {
  if (random.below(12) === 0) return random.pick(REPLACEMENTS.filter((value) => value !== null))
  if (Array.isArray(json)) return json.map((element) => mutated(element, random))
  if (typeof json !== 'object' || json === null) return json
  const members = Object.entries(json).map(([name, value]) => {
    const renamed = random.below(20) === 0 ? random.pick([...HOSTILE_NAMES, '', 'a b']) : name
    return [renamed, random.below(20) === 0 ? null : mutated(value, random)] as const
  })
  return Object.fromEntries(members.filter(() => random.below(30) > 0))
}

test('whatever the body, it is decoded or refused with a message', () => {
  const random = seeded('hostile bodies')
  for (const { operation, decode } of V1_ROUTES.filter(({ method }) => method === 'POST')) {
    const body = BODIES[operation.name]
    decode(v1Request(body))
    for (let i = 0; i < 1_500; i++) {
      const hostile = v1Request(mutated(body, random))
      try {
        decode(hostile)
      } catch (error) {
        const text = `${operation.name} ${hostile.body}: ${error}`
        assert.ok(error instanceof MagnetoDBError && error.code === 'validation', text)
      }
    }
  }
})

test('nothing is left on any prototype', () => {
  assert.equal(Object.keys(Object.prototype), [])
  assert.is(Reflect.get({}, 'S'), undefined)
})

test.run()
