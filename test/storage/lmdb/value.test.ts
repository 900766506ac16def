import * as assert from 'uvu/assert'
import {
  decodeRow,
  encodeLock,
  encodeRow,
  isRow,
  lockIn,
  partitionInValue,
} from '../../../src/storage/lmdb/value.ts'
import { suite } from '../../support/suite.ts'
import { text } from '../contract/table-fixture.ts'

const VERSION = Buffer.alloc(16, 0xab)

const test = suite('LMDB values')

test('the bytes of the stored LMDB values never change', () => {
  const head = { partition: text('p'), lock: text('L'), version: VERSION, order: 258n }
  const bytes = encodeRow(head, { value: text('value'), size: 7, expiresAt: 2 ** 32 + 5 })
  assert.is(
    bytes.toString('hex'),
    `0101000000000007${'ab'.repeat(16)}000000000000010200000001000000054c76616c7565`,
  )
  assert.is(
    encodeLock(text('p'), text('L')).toString('hex'),
    `0201000000000000${'00'.repeat(32)}4c`,
  )
})

test('an LMDB value decodes to what was encoded', () => {
  for (const partition of [text('p'), Buffer.alloc(2048, 0x70)]) {
    for (const lock of [null, text('a lock')]) {
      for (const value of [Buffer.alloc(0), Buffer.alloc(1000, 0xff)]) {
        const head = { partition, lock, version: VERSION, order: 2n ** 63n }
        const bytes = encodeRow(head, { value, size: 409_600, expiresAt: 4_102_444_800 })
        assert.ok(isRow(bytes))
        assert.equal(decodeRow(bytes, text('s')), {
          sort: text('s'),
          value,
          size: 409_600,
          version: VERSION,
          lock,
          order: 2n ** 63n,
          expiresAt: 4_102_444_800,
        })
        assert.equal(partitionInValue(bytes), partition.length > 1 ? partition : Buffer.alloc(0))
      }
    }
  }
})

test('a value with only a lock decodes to no row', () => {
  const bytes = encodeLock(Buffer.alloc(2048, 0x70), text('a lock'))
  assert.not(isRow(bytes))
  assert.equal(lockIn(bytes), text('a lock'))
  assert.throws(() => isRow(Buffer.alloc(40)))
})

test.run()
