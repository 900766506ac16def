import { SORT_BYTES_MAX, type SortRange } from '../driver.ts'

const PARTS = 16n

/** The range behind `sort`, as an inclusive bound. */
export function justAfter(sort: Buffer): Buffer {
  return Buffer.concat([sort, Buffer.alloc(1)])
}

/** Divides a range into parts without gap or overlap, in ascending order, even as far as the first
 * bytes in which its bounds differ go. One part: it cannot be divided. */
export function splitRange(range: SortRange): SortRange[] {
  const { from = Buffer.alloc(0), to } = range
  const shared = to === undefined ? 0 : sharedBytes(from, to)
  for (let width = 1; shared + width <= SORT_BYTES_MAX + 1; width += 1) {
    const low = numberOf(from.subarray(shared), width)
    const high = to === undefined ? 1n << BigInt(8 * width) : numberOf(to.subarray(shared), width)
    if (high - low >= PARTS) {
      const cuts: Buffer[] = []
      for (let part = 1n; part < PARTS; part += 1n) {
        const cut = bytesOf(low + ((high - low) * part) / PARTS, width)
        cuts.push(Buffer.concat([from.subarray(0, shared), cut]))
      }
      return between(range, cuts)
    }
  }
  return [range]
}

function between(range: SortRange, cuts: readonly Buffer[]): SortRange[] {
  const [first] = cuts
  if (first === undefined) return [range]
  return [
    { ...(range.from && { from: range.from }), to: first },
    ...cuts.map((from, index) => {
      const to = cuts[index + 1] ?? range.to
      return to === undefined ? { from } : { from, to }
    }),
  ]
}

function sharedBytes(a: Buffer, b: Buffer): number {
  let count = 0
  while (count < a.length && a[count] === b[count]) count += 1
  return count
}

/** The first `width` bytes as a number, zeros behind the end. */
function numberOf(bytes: Buffer, width: number): bigint {
  const padded = Buffer.alloc(width)
  bytes.copy(padded, 0, 0, width)
  return BigInt(`0x${padded.toString('hex')}`)
}

function bytesOf(number: bigint, width: number): Buffer {
  return Buffer.from(number.toString(16).padStart(2 * width, '0'), 'hex')
}
