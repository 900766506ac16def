import type { ServerResponse } from 'node:http'
import { UnreadAnswers } from './slow-readers.ts'

interface WaitingAnswer {
  readonly outgoing: ServerResponse
  readonly body: string | Buffer
  readonly share: string
}

/**
 * Sends all answers of a turn of the event loop together. Sending each when it is ready wakes the
 * receiver for every one, and makes a small request cost half as much again (docs/performance.md).
 * Shared by all servers of a process.
 */
export class FlushPerTick {
  readonly #unread: UnreadAnswers
  #waiting: WaitingAnswer[] = []

  constructor(unread = new UnreadAnswers()) {
    this.#unread = unread
  }

  /** @param share to which unread bytes count */
  end(outgoing: ServerResponse, body: string | Buffer, share: string): void {
    if (this.#waiting.push({ outgoing, body, share }) === 1) setImmediate(() => this.#endWaiting())
  }

  #endWaiting(): void {
    const answers = this.#waiting
    this.#waiting = []
    for (const { outgoing, body, share } of answers) this.#unread.end(outgoing, body, share)
  }
}
