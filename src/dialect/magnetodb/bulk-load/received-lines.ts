import type { Item } from '../../../model/attribute-value.ts'
import { andThen, type Stepped } from '../../../model/steps.ts'
import type { LoadLine } from '../../../operations/batches/load-window.ts'
import { validationError } from '../../invalid-request.ts'
import { parseJson } from '../../json.ts'
import { decodeItem } from '../decode/item.ts'
import { shortened } from '../shortened.ts'

/** Bytes of a line. Enough for the largest item in any notation. */
export const LINE_BYTES_MAX = 4 * 1024 * 1024
/** Bytes kept of a longer line, to quote it. */
const LONG_LINE_BYTES_SHOWN = 4_096
const HELD_BYTES_MIN = 64 * 1024

const LINE_END = 0x0a
const EMPTY_LINES = [Buffer.from('\n'), Buffer.from('\r\n')]

/** Splits a body into lines, and yields those of each chunk together. The last line needs no line
 * end. */
export async function* receivedLines(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<readonly LoadLine[]> {
  const held = new HeldLine()
  for await (const chunk of chunks) {
    const lines: LoadLine[] = []
    let start = 0
    for (let end = 0; start < chunk.length; start = end) {
      end = chunk.indexOf(LINE_END, start) + 1
      if (end === 0) break
      const rest = chunk.subarray(start, end)
      lines.push(held.isEmpty ? new ReceivedLine(rest, false) : held.endWith(rest))
    }
    if (start < chunk.length) held.add(chunk.subarray(start))
    if (lines.length > 0) yield lines
  }
  if (!held.isEmpty) yield [held.endWith(NOTHING)]
}

const NOTHING = Buffer.alloc(0)

/** The beginning of a line whose end has not arrived. Copied, because lines may arrive in small
 * pieces. */
class HeldLine {
  #bytes = Buffer.allocUnsafeSlow(HELD_BYTES_MIN)
  #length = 0
  #isTooLong = false

  get isEmpty(): boolean {
    return this.#length === 0
  }

  add(part: Buffer): void {
    if (this.#isTooLong) return
    const length = this.#length + part.length
    if (length > LINE_BYTES_MAX) {
      this.#isTooLong = true
      this.#length = Math.min(this.#length, LONG_LINE_BYTES_SHOWN)
      return
    }
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * length)
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    part.copy(this.#bytes, this.#length)
    this.#length = length
  }

  endWith(rest: Buffer): ReceivedLine {
    this.add(rest)
    const line = new ReceivedLine(
      Buffer.from(this.#bytes.subarray(0, this.#length)),
      this.#isTooLong,
    )
    if (this.#bytes.length > HELD_BYTES_MIN) this.#bytes = Buffer.allocUnsafeSlow(HELD_BYTES_MIN)
    this.#length = 0
    this.#isTooLong = false
    return line
  }
}

class ReceivedLine implements LoadLine {
  readonly #bytes: Buffer
  readonly #isTooLong: boolean

  constructor(bytes: Buffer, isTooLong: boolean) {
    this.#bytes = bytes
    this.#isTooLong = isTooLong
  }

  get bytes(): number {
    return this.#bytes.length
  }

  text(): string {
    const text = this.#bytes.toString()
    return this.#isTooLong ? shortened(text) : text
  }

  decode(): Stepped<Item> {
    if (this.#isTooLong) throw validationError(`The line exceeds ${LINE_BYTES_MAX} bytes`)
    if (EMPTY_LINES.some((line) => line.equals(this.#bytes))) {
      throw validationError('The line is empty')
    }
    return andThen(parseJson(this.#bytes), (json) => decodeItem(json, 'item'))
  }
}
