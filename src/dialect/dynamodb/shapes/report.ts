import { validationError } from '../../invalid-request.ts'
import { shortened } from '../shortened.ts'

/** Violations listed in one answer. */
const REPORTED_MAX = 10
/** Levels of a value that a message quotes. */
const SHOWN_DEPTH_MAX = 3

/** Collects the constraints that a request violates, for one message about all of them. */
export class Report {
  readonly #lines: string[] = []

  /** @param at the place of the value, such as `keySchema.1.member.keyType` */
  add(value: unknown, at: string, constraint: string): void {
    if (this.#isFull) return
    this.#add(`Value ${shown(value)} at '${at}' failed to satisfy constraint: ${constraint}`)
  }

  /** Adds a violation without quoting the value. */
  addPlain(at: string, constraint: string): void {
    this.#add(`Value at '${at}' failed to satisfy constraint: ${constraint}`)
  }

  #add(line: string): void {
    if (!this.#isFull) this.#lines.push(line)
  }

  get #isFull(): boolean {
    return this.#lines.length === REPORTED_MAX
  }

  /** @throws MagnetoDBError if there are violations */
  finish(): void {
    const { length } = this.#lines
    if (length === 0) return
    const errors = length === 1 ? 'error' : 'errors'
    throw validationError(`${length} validation ${errors} detected: ${this.#lines.join('; ')}`)
  }
}

function shown(value: unknown): string {
  return value === undefined ? 'null' : `'${shortened(textOf(value))}'`
}

/** Formats lists, structures and binaries as Java does, to a limited depth. */
function textOf(value: unknown, depth = 0): string {
  const inner = (each: unknown): string => textOf(each, depth + 1)
  if (typeof value !== 'object' || value === null) return shortened(String(value))
  if (Buffer.isBuffer(value)) {
    return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`
  }
  if (depth > SHOWN_DEPTH_MAX) return '...'
  if (Array.isArray(value)) return `[${value.slice(0, REPORTED_MAX).map(inner).join(', ')}]`
  const members = value instanceof Map ? [...value] : Object.entries(value)
  const texts = members.slice(0, REPORTED_MAX).map(([name, member]) => `${name}=${inner(member)}`)
  return `{${texts.join(', ')}}`
}
