import { randomBytes } from 'node:crypto'
import type { TableId } from '../../src/storage/driver.ts'

/** Constants of MurmurHash3 x64/128. Only whole blocks are computed. */
const C1 = 0x87c37b91114253d5n
const C2 = 0x4cf5ad432745937fn
const BLOCK_BYTES = 16
/** Bytes before the partition in the composite key: two lengths, the table id and a zero. */
const PREFIX_BYTES = 21

const wrap = (number: bigint) => BigInt.asUintN(64, number)
const turnLeft = (number: bigint, by: bigint) => wrap(number << by) | (number >> (64n - by))
const turnRight = (number: bigint, by: bigint) => turnLeft(number, 64n - by)

/** The inverse of an odd number modulo 2^64, by Newton's method. */
function inverse(odd: bigint): bigint {
  let found = odd
  for (let round = 0; round < 6; round += 1) found = wrap(found * (2n - odd * found))
  return found
}

interface State {
  readonly h1: bigint
  readonly h2: bigint
}

function mixBlock({ h1, h2 }: State, block: Buffer): State {
  const mixed1 = wrap(turnLeft(wrap(block.readBigUInt64LE(0) * C1), 31n) * C2)
  const mixed2 = wrap(turnLeft(wrap(block.readBigUInt64LE(8) * C2), 33n) * C1)
  const next1 = wrap((turnLeft(h1 ^ mixed1, 27n) + h2) * 5n + 0x52dce729n)
  const next2 = wrap((turnLeft(h2 ^ mixed2, 31n) + next1) * 5n + 0x38495ab5n)
  return { h1: next1, h2: next2 }
}

/** The block that changes one state into another. */
function blockBetween(from: State, to: State): Buffer {
  const fifth = inverse(5n)
  const mixed1 = turnRight(wrap((to.h1 - 0x52dce729n) * fifth - from.h2), 27n) ^ from.h1
  const mixed2 = turnRight(wrap((to.h2 - 0x38495ab5n) * fifth - to.h1), 31n) ^ from.h2
  const block = Buffer.alloc(BLOCK_BYTES)
  block.writeBigUInt64LE(wrap(turnRight(wrap(mixed1 * inverse(C2)), 31n) * inverse(C1)), 0)
  block.writeBigUInt64LE(wrap(turnRight(wrap(mixed2 * inverse(C1)), 33n) * inverse(C2)), 8)
  return block
}

/** Different partitions of equal length with the same token, as an attacker could make them. */
export function collidingPartitions(table: TableId, count: number): Buffer[] {
  const length = 4 * BLOCK_BYTES - PREFIX_BYTES
  const first = randomBytes(length)
  const lengths = Buffer.from([0, 16])
  const head = Buffer.concat([lengths, table, Buffer.from([0, 0, length]), first])
  let state: State = { h1: 0n, h2: 0n }
  for (let offset = 0; offset < 2 * BLOCK_BYTES; offset += BLOCK_BYTES) {
    state = mixBlock(state, head.subarray(offset, offset + BLOCK_BYTES))
  }
  const target = mixBlock(
    mixBlock(state, head.subarray(2 * BLOCK_BYTES, 3 * BLOCK_BYTES)),
    head.subarray(3 * BLOCK_BYTES, 4 * BLOCK_BYTES),
  )
  const shared = first.subarray(0, 2 * BLOCK_BYTES - PREFIX_BYTES)
  const others = Array.from({ length: count - 1 }, () => {
    const block = randomBytes(BLOCK_BYTES)
    return Buffer.concat([shared, block, blockBetween(mixBlock(state, block), target)])
  })
  return [first, ...others]
}
