import type { Seeded } from '../seeded.ts'

export const HOSTILE_PROJECT = 'hostile'
export const HOSTILE_TOKEN = `tester:${HOSTILE_PROJECT}`

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '',
  '-1',
  '"; DROP',
  '\u0000',
  'é',
  'a'.repeat(70_000),
]
const SEGMENTS = ['..', '.', '', '%2f', '%2e%2e', '%zz', '%00', 'é', '*', '\\', 'a'.repeat(300)]
const LINES = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip',
  'Content-Length: 3',
  'Content-Encoding: gzip',
  'Expect: 100-continue',
  'Expect: x',
  'X-Auth-Token: a:b',
  'Host: evil',
  'Upgrade: h2c',
  'Connection: Upgrade, keep-alive',
  'Content-Type: text/xml; charset=utf-16',
  'X-Openstack-Request-Id: \x01',
  `X-A: ${'a'.repeat(20_000)}`,
]
const KEY = { forum: { S: 'x' }, n: { N: '1.5' } }
const EQ = { comparison_operator: 'EQ', attribute_value_list: [{ S: 'x' }] }
const ITEM = {
  ...KEY,
  s: { SS: ['b', 'a'] },
  m: { SNM: { a: '1' } },
  l: { L: [{ M: { a: { B: 'YQ==' } } }, { NULL: true }, { BOOL: false }] },
}

export const HOSTILE_TABLE = {
  table_name: 'thread',
  attribute_definitions: [
    { attribute_name: 'forum', attribute_type: 'S' },
    { attribute_name: 'n', attribute_type: 'N' },
    { attribute_name: 's2', attribute_type: 'S' },
  ],
  key_schema: [
    { attribute_name: 'forum', key_type: 'HASH' },
    { attribute_name: 'n', key_type: 'RANGE' },
  ],
  local_secondary_indexes: [
    {
      index_name: 'by_s2',
      key_schema: [
        { attribute_name: 'forum', key_type: 'HASH' },
        { attribute_name: 's2', key_type: 'RANGE' },
      ],
      projection: { projection_type: 'ALL' },
    },
  ],
}

interface Template {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

const onTable = (call: string, body: unknown): Template => ({
  method: 'POST',
  path: `tables/thread/${call}`,
  body,
})

/** A valid request of every route. */
const TEMPLATES: readonly Template[] = [
  { method: 'POST', path: 'tables', body: { ...HOSTILE_TABLE, table_name: 'another' } },
  { method: 'GET', path: 'tables?limit=5&exclusive_start_table_name=abc' },
  { method: 'GET', path: 'tables/thread' },
  { method: 'DELETE', path: 'tables/another' },
  onTable('put_item', {
    item: ITEM,
    expected: { never: { exists: false } },
    return_values: 'ALL_OLD',
    time_to_live: 900,
  }),
  onTable('get_item', { key: KEY, attributes_to_get: ['s', 'm'], consistent_read: true }),
  onTable('update_item', {
    key: KEY,
    attribute_updates: { a: { action: 'ADD', value: { N: '1' } }, b: { action: 'DELETE' } },
    expected: { s: { value: { SS: ['a', 'b'] } } },
    return_values: 'UPDATED_NEW',
  }),
  onTable('delete_item', { key: KEY, return_values: 'ALL_OLD' }),
  onTable('query', {
    key_conditions: {
      forum: EQ,
      n: { comparison_operator: 'GE', attribute_value_list: [{ N: '1' }] },
    },
    select: 'ALL_ATTRIBUTES',
    limit: 5,
    exclusive_start_key: KEY,
    scan_index_forward: false,
  }),
  onTable('scan', {
    scan_filter: { s: { comparison_operator: 'CONTAINS', attribute_value_list: [{ S: 'a' }] } },
    attributes_to_get: ['s'],
    segment: 1,
    total_segments: 4,
  }),
  onTable('bulk_load', ITEM),
  {
    method: 'POST',
    path: 'batch_get_item',
    body: { request_items: { thread: { keys: [KEY], attributes_to_get: ['s'] } } },
  },
  {
    method: 'POST',
    path: 'batch_write_item',
    body: { request_items: { thread: [{ put_request: { item: ITEM } }] } },
  },
]

/** The bytes of a request that was valid before something was done to it. */
export function hostileRequest(random: Seeded): Buffer {
  const { method, path, body } = random.pick(TEMPLATES)
  const kind = random.below(5)
  const sent =
    body === undefined ? '' : JSON.stringify(kind === 0 ? mutatedJson(body, random) : body)
  const target = `/v1/data/${HOSTILE_PROJECT}/${path}`
  const lines = [
    `${kind === 1 ? random.pick(['GET', 'POST', 'PUT', 'DELETE', 'TRACE', 'BREW']) : method} ${
      kind === 1 ? mutatedPath(target, random) : target
    } HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    `X-Auth-Token: ${HOSTILE_TOKEN}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(sent)}`,
  ]
  if (kind === 2) mutateLines(lines, random)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const payload = Buffer.from(sent)
  if (kind === 3 && payload.length > 0) mutateBytes(payload, random)
  const bytes = Buffer.concat([head, payload])
  if (kind === 4) mutateBytes(bytes, random)
  return random.below(50) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes
}

function mutatedJson(json: unknown, random: Seeded): unknown {
  if (random.below(12) === 0) return replacement(random)
  if (Array.isArray(json)) return json.map((element) => mutatedJson(element, random))
  if (typeof json !== 'object' || json === null) return json
  const members = Object.entries(json).map(([name, value]) => {
    const renamed = random.below(20) === 0 ? random.pick(NAMES) : name
    return [renamed, mutatedJson(value, random)] as const
  })
  return Object.fromEntries(members.filter(() => random.below(30) > 0))
}

function replacement(random: Seeded): unknown {
  switch (random.below(12)) {
    case 0:
      return random.bytes(random.below(40)).toString('latin1')
    case 1:
      return {
        [random.pick(['S', 'N', 'B', 'SS', 'NS', 'BS', 'L', 'M', 'SNM', 'XX'])]:
          replacement(random),
      }
    case 2:
      return Array.from({ length: random.below(2_000) }, (_, i) => `${i}`)
    case 3:
      return Object.fromEntries(Array.from({ length: random.below(500) }, (_, i) => [`a${i}`, i]))
    case 4:
      return '9'.repeat(random.below(600))
    case 5:
      return 'x'.repeat(random.below(500_000))
    case 6:
      return JSON.parse(`${'['.repeat(70)}${']'.repeat(70)}`)
    default:
      return random.pick([null, true, 0, -1, 1.5, 1e300, '', '1e400', [], [null], {}, { S: 'x' }])
  }
}

function mutatedPath(path: string, random: Seeded): string {
  const segments = path.split('/')
  segments[random.below(segments.length)] = random.pick(SEGMENTS)
  if (random.below(4) === 0)
    segments.splice(random.below(segments.length), 0, random.pick(SEGMENTS))
  return segments.join('/')
}

function mutateLines(lines: string[], random: Seeded): void {
  for (let n = random.below(3); n >= 0; n--) {
    const at = 1 + random.below(lines.length - 1)
    if (random.below(3) === 0) lines.splice(at, 1)
    else lines.splice(at, 0, random.pick(LINES))
  }
}

function mutateBytes(bytes: Buffer, random: Seeded): void {
  for (let n = random.below(3); n >= 0; n--) bytes[random.below(bytes.length)] = random.below(256)
}
