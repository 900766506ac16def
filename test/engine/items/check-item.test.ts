import * as assert from 'uvu/assert'
import { messageOf } from '../../../src/dialect/magnetodb/messages.ts'
import { shortened } from '../../../src/dialect/magnetodb/shortened.ts'
import { indexEntrySort } from '../../../src/engine/format/key-codec.ts'
import { storableItem } from '../../../src/engine/format/storable-item.ts'
import {
  addressOfKey,
  checkAttributeTypes,
  checkItem,
} from '../../../src/engine/items/check-item.ts'
import {
  type AttributeValue,
  type Item,
  itemSizeBytes,
} from '../../../src/model/attribute-value.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { finished, settled } from '../../../src/model/steps.ts'
import type { TableDefinition } from '../../../src/model/table.ts'
import { suite } from '../../support/suite.ts'

const test = suite('schema')

const s = (value: string): AttributeValue => ({ type: 'S', value })
const n = (value: string): AttributeValue => ({ type: 'N', value })
const b = (length: number): AttributeValue => ({ type: 'B', value: Buffer.alloc(length, 1) })

const INDEX = {
  kind: 'local',
  name: 'by-i',
  number: 0,
  range: 'i',
  projection: { type: 'ALL' },
} as const
const TABLE: TableDefinition = {
  id: '0b1e4f6a-63a1-4a6e-9d2f-3a1c5b7d9e01',
  name: 'table',
  status: 'ACTIVE',
  attributeTypes: new Map([
    ['h', 'S'],
    ['r', 'B'],
    ['i', 'S'],
    ['other', 'NS'],
  ]),
  key: { hash: 'h', range: 'r' },
  indexes: [INDEX],
  settings: {},
  createdAt: 0,
}

function item(attributes: Record<string, AttributeValue>): Item {
  return new Map(Object.entries(attributes))
}

function refused(message: string, check: () => unknown): void {
  assert.throws(check, (error: unknown) => {
    assert.instance(error, MagnetoDBError)
    const { code, reason } = error as MagnetoDBError
    assert.equal([code, messageOf(reason)], ['validation', message])
    return true
  })
}

test('an item without a key attribute is refused; other attributes are free', () => {
  const address = checkItem(TABLE, item({ x: n('1'), r: b(1), h: s('a') }))
  assert.equal(address, { partition: Buffer.from('a'), sort: Buffer.of(0x10, 1) })
  refused("Couldn't find expected key attributes: 'r'", () => checkItem(TABLE, item({ h: s('a') })))
  refused("Couldn't find expected key attributes: 'h', 'r'", () => checkItem(TABLE, new Map()))
})

test('a key with other than the key attributes is refused', () => {
  const key = item({ r: b(1), h: s('a') })
  assert.equal(addressOfKey(TABLE, key), { partition: Buffer.from('a'), sort: Buffer.of(0x10, 1) })
  refused("Specified key: ['h'] doesn't match expected key attributes set: ['h', 'r']", () =>
    addressOfKey(TABLE, item({ h: s('a') })),
  )
  refused(
    "Specified key: ['h', 'r', 'x'] doesn't match expected key attributes set: ['h', 'r']",
    () => addressOfKey(TABLE, item({ h: s('a'), r: b(1), x: b(1) })),
  )
  refused("Couldn't find expected key attributes: 'r'", () =>
    addressOfKey(TABLE, item({ h: s('a'), x: b(1) })),
  )
})

test('a start key of an index needs the index range key too', () => {
  const { partition, sort } = addressOfKey(TABLE, item({ h: s('a'), r: b(1), i: s('i') }), INDEX)
  assert.equal(partition, Buffer.from('a'))
  const range = { type: 'B', value: Buffer.of(1) } as const
  assert.equal(sort, indexEntrySort(INDEX.number, { type: 'S', value: 'i' }, range))
  refused(
    "Specified key: ['h', 'r'] doesn't match expected key attributes set: ['h', 'r', 'i']",
    () => addressOfKey(TABLE, item({ h: s('a'), r: b(1) }), INDEX),
  )
})

test('an attribute of another type than defined is refused, key or not', () => {
  const wrong = (name: string, value: AttributeValue, expected: string) =>
    refused(
      `Attribute: '${name}' of type: '${value.type}' doesn't match table schema expected ` +
        `attribute type: '${expected}'`,
      () => checkItem(TABLE, new Map([...item({ h: s('a'), r: b(1) }), [name, value]])),
    )
  wrong('h', n('1'), 'S')
  wrong('r', s('1'), 'B')
  wrong('i', n('1'), 'S')
  wrong('other', { type: 'SS', value: ['1'] }, 'NS')
  checkAttributeTypes(TABLE, item({ other: { type: 'NS', value: ['1'] }, free: s('x') }))
})

test('hash keys over 2048 and range keys over 1024 bytes are refused', () => {
  const tooLong = (name: string, bytes: number) =>
    `Key attribute '${name}' must not be longer than ${bytes} bytes`
  const key = item({ h: s('a'), r: b(1) })
  checkItem(TABLE, item({ h: s('é'.repeat(1024)), r: b(1024), i: s('x'.repeat(1024)) }))
  refused(tooLong('h', 2048), () =>
    checkItem(TABLE, new Map([...key, ['h', s(`${'é'.repeat(1024)}a`)]])),
  )
  refused(tooLong('r', 1024), () => checkItem(TABLE, new Map([...key, ['r', b(1025)]])))
  refused(tooLong('i', 1024), () => checkItem(TABLE, new Map([...key, ['i', s('x'.repeat(1025))]])))
  refused(tooLong('r', 1024), () => addressOfKey(TABLE, new Map([...key, ['r', b(1025)]])))
})

test('empty key attributes are refused', () => {
  const empty = (name: string) => `Key attribute '${name}' must not be empty`
  const key = item({ h: s('a'), r: b(1) })
  refused(empty('h'), () => checkItem(TABLE, new Map([...key, ['h', s('')]])))
  refused(empty('r'), () => addressOfKey(TABLE, new Map([...key, ['r', b(0)]])))
  refused(empty('i'), () => checkItem(TABLE, new Map([...key, ['i', s('')]])))
})

test('an item over 400 KB, names included, is refused', () => {
  const base = item({ h: s('a'), r: b(1) })
  const largest = 400 * 1024 - itemSizeBytes(base) - 'data'.length
  const sized = (bytes: number): Item => new Map([...base, ['data', s('x'.repeat(bytes))]])
  assert.is(finished(settled(storableItem(sized(largest)))).sizeBytes, 409_600)
  refused('Item size has exceeded the maximum allowed size of 409600 bytes', () =>
    finished(settled(storableItem(sized(largest + 1)))),
  )
})

test('the key of a table without range key is the hash key alone', () => {
  const table: TableDefinition = { ...TABLE, key: { hash: 'h' }, indexes: [] }
  assert.equal(addressOfKey(table, item({ h: s('a') })), {
    partition: Buffer.from('a'),
    sort: Buffer.of(0x10),
  })
  refused("Specified key: ['h', 'r'] doesn't match expected key attributes set: ['h']", () =>
    addressOfKey(table, item({ h: s('a'), r: b(1) })),
  )
})

test('an error message repeats only the beginning of a long key', () => {
  const names = Array.from({ length: 100 }, (_, i) => `attribute-${i}`)
  const key = item(Object.fromEntries(names.map((name) => [name, s('x')])))
  const found = shortened(`[${names.map((name) => `'${name}'`).join(', ')}]`)
  assert.ok(found.endsWith('...'))
  refused(`Specified key: ${found} doesn't match expected key attributes set: ['h', 'r']`, () =>
    addressOfKey(TABLE, key),
  )
})

test.run()
