/**
 * The token of a partition: its place on the ring, which orders and divides scans.
 *
 * It is Cassandra's own token, so that every driver scans in the same order: a MurmurHash3 of the
 * composite partition key `(table_id, partition)`, each part written as a 2-byte length, its bytes
 * and `00`.
 */
import { strict as assert } from 'node:assert'
import { PARTITION_BYTES_MAX, type TableId } from './driver.ts'
import { h1High, h1Low, murmur3 } from './murmur3.ts'

export const TOKEN_BYTES = 8
/** Segments of one scan, far above what any API allows. */
export const TOTAL_SEGMENTS_MAX = 1_000_000

const TABLE_ID_BYTES = 16
const RING = 1n << 64n
const TOKEN_MIN = -(1n << 63n)

/** The composite key being hashed. Shared by all calls, since hashing is synchronous. */
const composite = Buffer.alloc(TABLE_ID_BYTES + PARTITION_BYTES_MAX + 6)
const compositeView = new DataView(composite.buffer, composite.byteOffset, composite.length)

/** Eight bytes whose unsigned order is the order of Cassandra's signed tokens. */
export function partitionToken(table: TableId, partition: Buffer): Buffer {
  const token = Buffer.allocUnsafe(TOKEN_BYTES)
  writePartitionToken(table, partition, token, 0)
  return token
}

/** Like `partitionToken`, into `target` at `offset`. */
export function writePartitionToken(
  table: TableId,
  partition: Buffer,
  target: Buffer,
  offset: number,
): void {
  assert(table.length === TABLE_ID_BYTES && partition.length <= PARTITION_BYTES_MAX)
  murmur3(compositeView, writeComposite(table, partition))
  // Flipping the sign bit turns the unsigned order of bytes into that of signed numbers.
  const high = h1High ^ 0x80000000
  // Cassandra replaces the smallest number by the largest.
  const isSmallest = high === 0 && h1Low === 0
  target.writeInt32BE(isSmallest ? -1 : high, offset)
  target.writeInt32BE(isSmallest ? -1 : h1Low, offset + 4)
}

/** The number that Cassandra's `token()` returns, -2^63 + 1 to 2^63 - 1. */
export function tokenNumber(token: Buffer): bigint {
  return token.readBigUInt64BE() + TOKEN_MIN
}

/** The inverse of `tokenNumber`. */
export function tokenBytes(token: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(TOKEN_BYTES)
  bytes.writeBigUInt64BE(token - TOKEN_MIN)
  return bytes
}

/** The first and the last token of a segment, both inclusive, in the form of `tokenNumber`.
 * Segments cover -2^63 to 2^63 - 1 without gap or overlap, and their lengths differ by at most
 * one. */
export function segmentTokens(
  segment: number,
  totalSegments: number,
): { readonly first: bigint; readonly last: bigint } {
  assert(Number.isInteger(totalSegments) && totalSegments > 0)
  assert(totalSegments <= TOTAL_SEGMENTS_MAX)
  assert(Number.isInteger(segment) && segment >= 0 && segment < totalSegments)
  const start = (index: number) => (BigInt(index) * RING) / BigInt(totalSegments) + TOKEN_MIN
  return { first: start(segment), last: start(segment + 1) - 1n }
}

function writeComposite(table: TableId, partition: Buffer): number {
  const bytes = composite
  bytes[0] = 0
  bytes[1] = TABLE_ID_BYTES
  bytes.set(table, 2)
  bytes[18] = 0
  bytes[19] = partition.length >> 8
  bytes[20] = partition.length & 0xff
  bytes.set(partition, 21)
  const end = 21 + partition.length
  bytes[end] = 0
  return end + 1
}
