import type { ServerResponse } from 'node:http'
import { UnreadAnswers } from './slow-readers.ts'

interface WaitingAnswer {
  readonly outgoing: ServerResponse
  readonly body: string | Buffer
  readonly share: string
}

/**
 * Ends answers together with all others of the same turn of the event loop, once the requests that
 * arrived together have been worked off. Writing each as soon as it is ready wakes the receiving
 * side for every single one and makes the processor change between two kinds of work: a small
 * request then costs half as much again (docs/performance.md). One for all servers of a process.
 */
export class FlushPerTick {
  readonly #unread: UnreadAnswers
  #waiting: WaitingAnswer[] = []

  constructor(unread = new UnreadAnswers()) {
    this.#unread = unread
  }

  /** @param share of whom the bytes count that are not taken */
  end(outgoing: ServerResponse, body: string | Buffer, share: string): void {
    if (this.#waiting.push({ outgoing, body, share }) === 1) setImmediate(() => this.#endWaiting())
  }

  #endWaiting(): void {
    const answers = this.#waiting
    this.#waiting = []
    for (const { outgoing, body, share } of answers) this.#unread.end(outgoing, body, share)
  }
}
