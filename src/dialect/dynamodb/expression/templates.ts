import { CONDITION_GRAMMAR } from './condition.ts'
import type { Node, PathNode } from './nodes.ts'
import { OperatorReader } from './operators.ts'
import { readProjection } from './projection.ts'
import { checkLength, type ExpressionKind, ExpressionReader } from './reader.ts'
import { type ActionNode, readUpdate } from './update.ts'

/** Bytes of cached templates, estimated from the lengths of their expressions. */
const TEMPLATES_BYTES_MAX = 8 * 1024 * 1024
/** Estimated bytes of a template: per character, and per template. */
const CHARACTER_BYTES = 60
const TEMPLATE_BYTES = 500

interface Kept {
  readonly key: string
  readonly template: unknown
  readonly bytes: number
}

/**
 * Caches parsed expressions, without a request's names and values: programs send the same few again
 * and again. The least recently used are dropped first. All projects share the cache. A project
 * that never repeats an expression costs the others one parse per request, tens of microseconds.
 */
export class Templates {
  readonly #kept = new Map<string, Kept>()
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax = TEMPLATES_BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  condition(
    kind: 'ConditionExpression' | 'FilterExpression' | 'KeyConditionExpression',
    text: string,
  ): Node {
    return this.#template(kind, text, (reader) =>
      new OperatorReader(reader, CONDITION_GRAMMAR).read(),
    )
  }

  projection(text: string): readonly PathNode[] {
    return this.#template('ProjectionExpression', text, readProjection)
  }

  update(text: string): readonly ActionNode[] {
    return this.#template('UpdateExpression', text, readUpdate)
  }

  /** The template of an expression, from the cache or parsed. @throws MagnetoDBError */
  #template<T>(kind: ExpressionKind, text: string, read: (reader: ExpressionReader) => T): T {
    checkLength(kind, text)
    const key = `${kind} ${text}`
    const kept = this.#kept.get(key)
    if (kept) {
      // Moves it to the end, where the most recently used are.
      this.#kept.delete(key)
      this.#kept.set(kept.key, kept)
      return kept.template as T
    }
    const reader = new ExpressionReader(kind, copied(text))
    const template = read(reader)
    reader.finish()
    this.#keep(copied(key), template)
    return template
  }

  #keep(key: string, template: unknown): void {
    const bytes = TEMPLATE_BYTES + key.length * CHARACTER_BYTES
    this.#kept.set(key, { key, template, bytes })
    this.#bytes += bytes
    for (const [oldest, { bytes: freed }] of this.#kept) {
      if (this.#bytes <= this.#bytesMax) return
      this.#kept.delete(oldest)
      this.#bytes -= freed
    }
  }
}

/** A copy of the text. A slice would keep the whole text that it was cut from in memory. */
function copied(text: string): string {
  return Buffer.from(text).toString()
}
