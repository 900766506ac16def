import { below } from '../support/at-once.ts'

/** Bytes of the composite key before the partition: two lengths, the table id and a zero. */
const PREFIX_BYTES = 21
const BLOCKS_BYTES = 32
/**
 * Two blocks of MurmurHash3 x64/128, and two others that lead from every state to the same one. The
 * words that are mixed into the state differ in the bits 36 and 32 of the first block, and in bit
 * 63 of the second, and so undo each other (Aumasson and Bernstein, "Hash-flooding DoS reloaded").
 */
const ALIKE = [
  Buffer.alloc(BLOCKS_BYTES),
  Buffer.from('60a0fd219e0ef2cd42e098d38ee8728d000000007d4dce820000000000000000', 'hex'),
] as const
/** Enough for 2,048 partitions. */
const CHOICES = 11

/** Different partitions of equal length that have the same token in every table, as an attacker
 * could make them. */
export function collidingPartitions(count: number): Buffer[] {
  return below(count).map((n) => {
    const blocks = below(CHOICES).map((choice) => ALIKE[((n >> choice) & 1) as 0 | 1])
    return Buffer.concat([Buffer.alloc(BLOCKS_BYTES - PREFIX_BYTES), ...blocks])
  })
}
