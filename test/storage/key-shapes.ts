import { randomBytes } from 'node:crypto'
import { numbered, text } from './contract/table-fixture.ts'

/** Sort keys that share so many bytes that one cannot guess where to split a range. */
export const KEY_SHAPES: readonly (readonly [shape: string, sortOf: (n: number) => Buffer])[] = [
  ['random', () => randomBytes(16)],
  ['alike in 25 bytes', behind('events/tenant-42/2026-11-2')],
  ['alike in 200 bytes', behind('x'.repeat(200))],
  ['alike in 1,000 bytes', behind('x'.repeat(1_000))],
  ['zeros', (n) => Buffer.alloc(1 + (n >> 6), 0).fill(1 + (n & 63), n >> 6)],
  ['of two prefixes', (n) => behind((n % 2 === 0 ? 'a' : 'b').repeat(30))(n)],
]

function behind(start: string): (n: number) => Buffer {
  return (n) => Buffer.concat([text(start), numbered(n)])
}
