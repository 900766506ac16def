/**
 * Values of the database (docs/adr/0003-lmdb-layout.md): a header of 40 bytes with big-endian
 * numbers, then the lock, the partition if it is too long for the key, and the row's value.
 *
 *      0  kind: 1 a row, 2 a lock without a row
 *      1  length of the lock, 0 for none
 *      2  length of the partition, 0 for one in the key (2)
 *      4  size (4)
 *      8  version (16)
 *     24  order (8)
 *     32  expiresAt (8)
 */
import { strict as assert } from 'node:assert'
import { PARTITION_BYTES_MAX, type PutRow, type Row, type Version } from '../driver.ts'
import { isInline } from './key.ts'

const HEADER_BYTES = 40
const KIND_ROW = 1
const KIND_LOCK = 2
const LOCK_BYTES_MAX = 255
/** Bytes of a stored row before its value. */
export const HEAD_BYTES_MAX = HEADER_BYTES + LOCK_BYTES_MAX + PARTITION_BYTES_MAX
/** Bytes that `isRow` and `versionIn` need. */
export const VERSION_BYTES_END = 24
const UINT32 = 2 ** 32

export interface RowHead {
  readonly partition: Buffer
  readonly lock: Buffer | null
  readonly version: Version
  readonly order: bigint
}

export function encodeRow(head: RowHead, row: Omit<PutRow, 'sort'>): Buffer {
  return encode(KIND_ROW, head, row)
}

/** Encodes a lock on the place of a missing row. */
export function encodeLock(partition: Buffer, lock: Buffer): Buffer {
  const head = { partition, lock, version: Buffer.alloc(16), order: 0n }
  return encode(KIND_LOCK, head, { value: Buffer.alloc(0), size: 0, expiresAt: 0 })
}

function encode(kind: number, head: RowHead, row: Omit<PutRow, 'sort'>): Buffer {
  const lockLength = head.lock?.length ?? 0
  assert(lockLength <= LOCK_BYTES_MAX)
  const partitionLength = isInline(head.partition.length) ? 0 : head.partition.length
  const valueOffset = HEADER_BYTES + lockLength + partitionLength
  const bytes = Buffer.allocUnsafe(valueOffset + row.value.length)
  bytes[0] = kind
  bytes[1] = lockLength
  bytes.writeUInt16BE(partitionLength, 2)
  bytes.writeUInt32BE(row.size, 4)
  bytes.set(head.version, 8)
  bytes.writeBigUInt64BE(head.order, 24)
  bytes.writeUInt32BE(Math.floor(row.expiresAt / UINT32), 32)
  bytes.writeUInt32BE(row.expiresAt % UINT32, 36)
  if (head.lock !== null) bytes.set(head.lock, HEADER_BYTES)
  if (partitionLength > 0) bytes.set(head.partition, HEADER_BYTES + lockLength)
  bytes.set(row.value, valueOffset)
  return bytes
}

/** False for a lock without a row. */
export function isRow(bytes: Buffer): boolean {
  const kind = bytes[0]
  assert(kind === KIND_ROW || kind === KIND_LOCK, 'a value of an unknown kind')
  return kind === KIND_ROW
}

/** The row. Its buffers are views of `bytes`. */
export function decodeRow(bytes: Buffer, sort: Buffer): Row {
  return {
    sort,
    value: bytes.subarray(HEADER_BYTES + bytes.readUInt8(1) + bytes.readUInt16BE(2)),
    size: bytes.readUInt32BE(4),
    version: versionIn(bytes),
    lock: lockIn(bytes),
    order: orderIn(bytes),
    expiresAt: bytes.readUInt32BE(32) * UINT32 + bytes.readUInt32BE(36),
  }
}

export function versionIn(bytes: Buffer): Version {
  return bytes.subarray(8, VERSION_BYTES_END)
}

export function orderIn(bytes: Buffer): bigint {
  return bytes.readBigUInt64BE(24)
}

export function lockIn(bytes: Buffer): Buffer | null {
  const length = bytes.readUInt8(1)
  return length === 0 ? null : bytes.subarray(HEADER_BYTES, HEADER_BYTES + length)
}

/** The partition of a row whose key has only the partition's hash. */
export function partitionInValue(bytes: Buffer): Buffer {
  const start = HEADER_BYTES + bytes.readUInt8(1)
  return bytes.subarray(start, start + bytes.readUInt16BE(2))
}

/** Partitions with the same SHA-256 would share keys. Fails instead of mixing them. */
export function assertPartition(bytes: Buffer, partition: Buffer): void {
  if (!isInline(partition.length)) {
    assert(partitionInValue(bytes).equals(partition), 'two partitions have one hash')
  }
}
