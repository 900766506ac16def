/**
 * Keys of the database (docs/adr/0003-lmdb-layout.md):
 *
 *     table id (16) | token (8) | length of the partition (2) | partition | sort
 *
 * LMDB limits keys to 4,026 bytes. So a partition of more than `PARTITION_INLINE_BYTES_MAX` bytes
 * is replaced by its SHA-256, and the value has its bytes. Keys shorter than a table id are the
 * driver's own.
 */
import { createHash } from 'node:crypto'
import type { TableId } from '../driver.ts'
import { writePartitionToken } from '../token.ts'

export const PARTITION_INLINE_BYTES_MAX = 900
/** Key of the counter from which commits get their order. */
export const ORDER_KEY = Buffer.from([0x00])
export const LAYOUT_KEY = Buffer.from([0x01])

const KEY_BYTES_MAX = 4026
const TOKEN_OFFSET = 16
const LENGTH_OFFSET = 24
const NAME_OFFSET = 26
const SHA256_BYTES = 32
const NO_SORT = Buffer.alloc(0)

/** The prefix of the keys of a partition's rows, and of no others. */
export function partitionPrefix(table: TableId, partition: Buffer): Buffer {
  return rowKey(table, partition, NO_SORT)
}

export function rowKey(table: TableId, partition: Buffer, sort: Buffer): Buffer {
  const name = isInline(partition.length) ? partition : sha256(partition)
  const prefixLength = NAME_OFFSET + name.length
  const key = Buffer.allocUnsafe(prefixLength + sort.length)
  key.set(table, 0)
  writePartitionToken(table, partition, key, TOKEN_OFFSET)
  key.writeUInt16BE(partition.length, LENGTH_OFFSET)
  key.set(name, NAME_OFFSET)
  key.set(sort, prefixLength)
  return key
}

/** Caches keys for the row of a definition, which every request reads with the same three
 * buffers. */
export class KeyCache {
  /** By the buffer of the sort. */
  readonly #keys = new WeakMap<
    Buffer,
    { readonly table: TableId; readonly partition: Buffer; readonly key: Buffer }
  >()

  rowKey(table: TableId, partition: Buffer, sort: Buffer): Buffer {
    const known = this.#keys.get(sort)
    if (known?.table === table && known.partition === partition) return known.key
    const key = rowKey(table, partition, sort)
    this.#keys.set(sort, { table, partition, key })
    return key
  }
}

/** Whether a partition of this length is part of the key. A longer one is in the value. */
export function isInline(partitionLength: number): boolean {
  return partitionLength <= PARTITION_INLINE_BYTES_MAX
}

/** Length in bytes of the partition's prefix in a row's key. */
export function prefixLengthOf(key: Buffer): number {
  const length = key.readUInt16BE(LENGTH_OFFSET)
  return NAME_OFFSET + (isInline(length) ? length : SHA256_BYTES)
}

/** The partition in a key, null if it is in the value. */
export function partitionIn(key: Buffer): Buffer | null {
  const length = key.readUInt16BE(LENGTH_OFFSET)
  return isInline(length) ? key.subarray(NAME_OFFSET, NAME_OFFSET + length) : null
}

/** The first key after all keys with this prefix. */
export function firstBehind(prefix: Buffer): Buffer {
  let last = prefix.length - 1
  while (last >= 0 && prefix[last] === 0xff) last -= 1
  if (last < 0) return Buffer.alloc(KEY_BYTES_MAX, 0xff)
  const next = Buffer.from(prefix.subarray(0, last + 1))
  next.writeUInt8(next.readUInt8(last) + 1, last)
  return next
}

function sha256(partition: Buffer): Buffer {
  return createHash('sha256').update(partition).digest()
}
