import * as assert from 'uvu/assert'
import {
  firstBehind,
  KeyCache,
  PARTITION_INLINE_BYTES_MAX,
  partitionIn,
  partitionPrefix,
  prefixLengthOf,
  rowKey,
} from '../../../src/storage/lmdb/key.ts'
import { suite } from '../../support/suite.ts'
import { text } from '../contract/table-fixture.ts'

const TABLE = Buffer.from('00112233445566778899aabbccddeeff', 'hex')

const test = suite('LMDB keys')

test('the bytes of the stored LMDB keys never change', () => {
  const hex = rowKey(TABLE, text('hash key 42'), text('sort')).toString('hex')
  assert.is(
    hex,
    '00112233445566778899aabbccddeeff31c7d203d2466c3a000b68617368206b6579203432736f7274',
  )
  const long = rowKey(TABLE, Buffer.alloc(2048, 'x'), text('s')).toString('hex')
  const sha256 = '1d1801f753ccd9fa57966c46f360585caf83337a394a5f238d4e4e7d6005788d'
  assert.is(long, `00112233445566778899aabbccddeeff315b09aa0a43c0d70800${sha256}73`)
})

test('a cached key belongs to its table, its partition and its sort', () => {
  const keys = new KeyCache()
  const [sort, other] = [text('sort'), Buffer.alloc(16, 7)]
  const [p, q] = [text('p'), text('q')]
  for (const [table, partition] of [
    [TABLE, p],
    [TABLE, p],
    [TABLE, q],
    [other, q],
  ] as const) {
    assert.equal(keys.rowKey(table, partition, sort), rowKey(table, partition, sort))
  }
})

test('an LMDB key shows where its sort begins and whose partition it is', () => {
  for (const length of [0, 1, PARTITION_INLINE_BYTES_MAX, PARTITION_INLINE_BYTES_MAX + 1, 2048]) {
    const partition = Buffer.alloc(length, 0xff)
    const key = rowKey(TABLE, partition, text('sort'))
    assert.equal(key.subarray(prefixLengthOf(key)), text('sort'))
    assert.equal(key.subarray(0, prefixLengthOf(key)), partitionPrefix(TABLE, partition))
    const inline = length <= PARTITION_INLINE_BYTES_MAX
    assert.equal(partitionIn(key), inline ? partition : null)
  }
})

test('the first key after a prefix follows exactly the keys that begin with it', () => {
  const behind = (hex: string) => firstBehind(Buffer.from(hex, 'hex')).toString('hex')
  assert.is(behind('00'), '01')
  assert.is(behind('01ff'), '02')
  assert.is(behind('01fffe'), '01ffff')
  assert.is(firstBehind(Buffer.alloc(16, 0xff)).compare(Buffer.alloc(4000, 0xff)), 1)
})

test.run()
