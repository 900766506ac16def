import { createRequire } from 'node:module'
import * as assert from 'uvu/assert'
import { PARTITION_BYTES_MAX } from '../../src/storage/driver.ts'
import {
  partitionToken,
  segmentTokens,
  TOTAL_SEGMENTS_MAX,
  tokenBytes,
  tokenNumber,
  writePartitionToken,
} from '../../src/storage/token.ts'
import { seeded } from '../seeded.ts'
import { suite } from '../support/suite.ts'

interface Tokenizer {
  hash(key: Buffer): { toString(): string }
}
const tokenizerModule: { Murmur3Tokenizer: new () => Tokenizer } = createRequire(import.meta.url)(
  'cassandra-driver/lib/tokenizer.js',
)
const tokenizer = new tokenizerModule.Murmur3Tokenizer()

const TABLE = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
const RING_FIRST = -(2n ** 63n)
const RING_LAST = 2n ** 63n - 1n

function tokenOfCassandraDriver(table: Buffer, partition: Buffer): bigint {
  const parts = [table, partition].flatMap((part) => [
    Buffer.from([part.length >> 8, part.length & 0xff]),
    part,
    Buffer.from([0]),
  ])
  return BigInt(tokenizer.hash(Buffer.concat(parts)).toString())
}

const test = suite('partition token')

test("the token equals cassandra-driver's for every length and random bytes", () => {
  const random = seeded('token')
  const lengths = Array.from({ length: 200 }, (_, length) => length)
  for (const length of [
    ...lengths,
    1023,
    1024,
    2047,
    PARTITION_BYTES_MAX,
    ...lengths,
    ...lengths,
  ]) {
    const table = random.bytes(16)
    const partition = random.bytes(length)
    const token = partitionToken(table, partition)
    assert.is(token.length, 8)
    assert.is(tokenNumber(token), tokenOfCassandraDriver(table, partition), `length ${length}`)
  }
  for (const byte of [0x00, 0x7f, 0x80, 0xff]) {
    for (const length of [1, 7, 8, 9, 15, 16, 1024]) {
      const partition = Buffer.alloc(length, byte)
      const token = tokenNumber(partitionToken(TABLE, partition))
      assert.is(token, tokenOfCassandraDriver(TABLE, partition), `${length} times ${byte}`)
    }
  }
})

test('the tokens of the stored vectors never change', () => {
  const tokenOf = (partition: string) =>
    partitionToken(TABLE, Buffer.from(partition)).toString('hex')
  assert.is(tokenOf(''), 'ab2a83a3c4f637fa')
  assert.is(tokenOf('a'), '9fd62224997c19c4')
  assert.is(tokenOf('hash key 42'), '31c7d203d2466c3a')
  assert.is(tokenOf('x'.repeat(2048)), '315b09aa0a43c0d7')
})

test('tokens as unsigned bytes sort like the signed numbers', () => {
  const numbers = [RING_FIRST, -1n, 0n, 1n, 255n, 256n, RING_LAST]
  const sorted = numbers.map(tokenBytes).toSorted(Buffer.compare).map(tokenNumber)
  assert.equal(sorted, numbers)
})

test('a token is written at the given offset and nowhere else', () => {
  const target = Buffer.alloc(12, 0xee)
  writePartitionToken(TABLE, Buffer.from('a'), target, 2)
  assert.equal(target.subarray(2, 10), partitionToken(TABLE, Buffer.from('a')))
  assert.is(target.toString('hex', 0, 2) + target.toString('hex', 10), 'eeeeeeee')
})

test('too long a partition, or a table id of another length, throws', () => {
  assert.throws(() => partitionToken(TABLE, Buffer.alloc(PARTITION_BYTES_MAX + 1)))
  assert.throws(() => partitionToken(Buffer.alloc(15), Buffer.alloc(1)))
})

test('segments cover the ring evenly, without gap or overlap', () => {
  for (const total of [1, 2, 3, 7, 16, 100, 4095, 4096]) {
    let next = RING_FIRST
    const lengths = new Set<bigint>()
    for (let segment = 0; segment < total; segment += 1) {
      const { first, last } = segmentTokens(segment, total)
      assert.is(first, next)
      lengths.add(last - first)
      next = last + 1n
    }
    assert.is(next, RING_LAST + 1n)
    const [shortest = 0n, longest = 0n] = [...lengths].toSorted((a, b) => (a < b ? -1 : 1))
    assert.ok(lengths.size <= 2 && (lengths.size === 1 || longest - shortest === 1n))
  }
  const last = segmentTokens(TOTAL_SEGMENTS_MAX - 1, TOTAL_SEGMENTS_MAX)
  assert.is(last.last, RING_LAST)
})

test('a segment outside of the total throws', () => {
  for (const [segment, total] of [
    [0, 0],
    [1, 1],
    [-1, 2],
    [0.5, 2],
    [0, TOTAL_SEGMENTS_MAX + 1],
  ] as const) {
    assert.throws(() => segmentTokens(segment, total))
  }
})

test.run()
