import * as assert from 'uvu/assert'
import {
  decodeDefinition,
  encodeDefinition,
} from '../../../src/engine/catalogue/definition-codec.ts'
import {
  CATALOGUE_REVISION_TABLE_ID,
  CATALOGUE_TABLE_ID,
  DATABASE_TABLE_ID,
  EXPIRY_TABLE_ID,
  JOB_EPOCHS_TABLE_ID,
  JOB_HEADS_TABLE_ID,
} from '../../../src/engine/format/system-tables.ts'
import type { TableDefinition } from '../../../src/model/table.ts'
import { suite } from '../../support/suite.ts'

const test = suite('definition codec')

const DEFINITION: TableDefinition = {
  id: '0b1e4f6a-63a1-4a6e-9d2f-3a1c5b7d9e01',
  name: 'characters',
  status: 'ACTIVE',
  attributeTypes: new Map([
    ['__proto__', 'S'],
    ['7', 'N'],
    ['name', 'SNM'],
  ]),
  key: { hash: '__proto__', range: '7' },
  indexes: [
    { kind: 'local', name: 'all', number: 0, range: 'name', projection: { type: 'ALL' } },
    {
      kind: 'local',
      name: 'some',
      number: 4,
      range: 'x',
      projection: { type: 'INCLUDE', nonKeyAttributes: ['y'] },
    },
  ],
  settings: {},
  createdAt: 1_700_000_000_123,
}

/** Stored bytes (docs/adr/0002-formats.md). Never change them, only add to them. */
const STORED =
  '{"format":1,"id":"0b1e4f6a-63a1-4a6e-9d2f-3a1c5b7d9e01","name":"characters",' +
  '"status":"ACTIVE","attributeTypes":[["__proto__","S"],["7","N"],["name","SNM"]],' +
  '"key":{"hash":"__proto__","range":"7"},"localSecondaryIndexes":[{"name":"all","number":0,' +
  '"range":"name","projection":{"type":"ALL"}},{"name":"some","number":4,"range":"x",' +
  '"projection":{"type":"INCLUDE","nonKeyAttributes":["y"]}}],"createdAt":1700000000123}'

test('the bytes of a definition never change', () => {
  assert.is(encodeDefinition(DEFINITION).toString(), STORED)
  assert.equal(decodeDefinition(Buffer.from(STORED)), DEFINITION)
})

test('settings are encoded last, and unknown fields are preserved', () => {
  const settings = { billingMode: 'PAY_PER_REQUEST', deletionProtection: true } as const
  const stored = STORED.replace(
    /}$/,
    ',"settings":{"billingMode":"PAY_PER_REQUEST","deletionProtection":true}}',
  )
  assert.is(encodeDefinition({ ...DEFINITION, settings }).toString(), stored)
  const later = Buffer.from(stored.replace('"status"', '"later":[1],"status"'))
  assert.is(encodeDefinition(decodeDefinition(later)).toString(), later.toString())
})

test('the time-to-live attribute is stored, and absent if there is none', () => {
  for (const timeToLive of [{ attribute: 'at' }, { attribute: 'at', enabling: 'change' }]) {
    const stored = STORED.replace(
      '"attributeTypes"',
      `"timeToLive":${JSON.stringify(timeToLive)},"attributeTypes"`,
    )
    const definition = { ...DEFINITION, timeToLive }
    assert.is(encodeDefinition(definition).toString(), stored)
    assert.equal(decodeDefinition(Buffer.from(stored)), definition)
  }
})

test('a definition of an unknown format throws', () => {
  const next = STORED.replace('"format":1', '"format":2')
  assert.throws(() => decodeDefinition(Buffer.from(next)), /unknown definition format 2/)
})

test('the ids of system tables never change', () => {
  assert.is(DATABASE_TABLE_ID.toString('hex'), '00000000000000000000000000000000')
  assert.is(CATALOGUE_TABLE_ID.toString('hex'), '00000000000000000000000000000001')
  assert.is(CATALOGUE_REVISION_TABLE_ID.toString('hex'), '00000000000000000000000000000002')
  assert.is(JOB_HEADS_TABLE_ID.toString('hex'), '0000000000000000000000000000000a')
  assert.is(JOB_EPOCHS_TABLE_ID.toString('hex'), '0000000000000000000000000000000b')
  assert.is(EXPIRY_TABLE_ID.toString('hex'), '0000000000000000000000000000000c')
})

test.run()
