/** The part of the ring that one read through the index may cover: all of it, unless such a read of
 * the table failed lately. If a replica missed deletes, each deleted partition costs Cassandra a
 * separate read. */

import { QUICK_MS, SLOW_MS } from '../purge/extent.ts'

const WHOLE = 1n << 64n
/** Tokens of the shortest span, about one partition of a table of millions. If reads failed for
 * another reason, two dozen quick ones double it back to the whole ring. */
const SPAN_MIN = 1n << 40n
/** Divisor of the span after a failed read. Large, so that the next read succeeds: a page has no
 * time for a third read. */
const FAILED_DIVISOR = 256n
const TABLES_MAX = 1000

export class RingSpans {
  /** Spans in tokens, of tables whose span is not the whole ring. */
  readonly #spans = new Map<string, bigint>()

  /** The last token of a read that begins at `first`; at most `last`. */
  lastOf(table: string, first: bigint, last: bigint): bigint {
    const span = this.#spans.get(table)
    return span === undefined || first + span > last ? last : first + span
  }

  failed(table: string): void {
    this.#set(table, (this.#spans.get(table) ?? WHOLE) / FAILED_DIVISOR)
  }

  took(table: string, milliseconds: number): void {
    const span = this.#spans.get(table)
    if (span === undefined) return
    if (milliseconds < QUICK_MS) this.#set(table, span * 2n)
    if (milliseconds > SLOW_MS) this.#set(table, span / 2n)
  }

  #set(table: string, span: bigint): void {
    this.#spans.delete(table)
    if (span >= WHOLE) return
    this.#spans.set(table, span < SPAN_MIN ? SPAN_MIN : span)
    const [oldest] = this.#spans.keys()
    if (this.#spans.size > TABLES_MAX && oldest !== undefined) this.#spans.delete(oldest)
  }
}
