import { HOSTILE_CALLER, HOSTILE_PATH } from '../support/hostile/requests.ts'
import { answersIn, RawExchange, requestText, statusOf } from '../support/raw-http.ts'
import { comparable, errorSentence } from './answer-text.ts'
import type { ComparedRequest } from './compared-requests.ts'

/** Later requests answered before an unanswered one is left to wait on its own. */
const LATER_ANSWERS = 5
/** Retries of a request whose answer a reset cut off. Only refusals are, so a retry is safe. */
const RESET_TRIES = 5
const SETTLE_LIMIT_MS = 60_000
const UNSETTLED = /"table_status": ?"(?:CREATING|DELETING)"/

/** Sends both services the same requests, counts the answers and records the differences. */
export class Comparison {
  readonly differences: string[] = []
  /** Number of requests by operation. `statuses` counts the answers by status. */
  readonly operations = new Map<string, number>()
  readonly statuses = new Map<number, number>()
  /** Number of answers by error message, without names and numbers. */
  readonly sentences = new Map<string, number>()
  readonly #ports: readonly [before: number, after: number]
  readonly #unanswered: Promise<void>[] = []

  constructor(beforePort: number, afterPort: number) {
    this.#ports = [beforePort, afterPort]
  }

  /** Resolves once both have answered and background work that the request began is done. */
  async send(request: ComparedRequest): Promise<void> {
    count(this.operations, request.operation)
    const [before, after] = this.#open(request)
    if (!request.isWhole && (await this.#isLeftUnanswered(before, after))) {
      this.#unanswered.push(this.#compare(request, before, after))
      return
    }
    await this.#compare(request, before, after)
    await this.#untilSettled(await before.ended)
  }

  /** Resolves once both have answered, or given up waiting for, every incomplete request. */
  async end(): Promise<void> {
    await Promise.all(this.#unanswered)
  }

  #open({ bytes }: ComparedRequest): readonly [before: RawExchange, after: RawExchange] {
    const open = (port: number) => new RawExchange(port, [bytes], { leaves: true })
    const [before, after] = this.#ports
    return [open(before), open(after)]
  }

  async #compare(
    request: ComparedRequest,
    before: RawExchange,
    after: RawExchange,
    triesLeft = RESET_TRIES,
  ): Promise<void> {
    const [told, tells] = await Promise.all([before.ended, after.ended])
    const [beforePort, afterPort] = this.#ports
    const was = comparable(told, beforePort)
    const is = comparable(tells, afterPort)
    if (was !== is && (before.failure || after.failure) && triesLeft > 0) {
      return this.#compare(request, ...this.#open(request), triesLeft - 1)
    }
    const [answer] = answersIn(told) ?? []
    count(this.statuses, answer?.status ?? statusOf(told))
    const sentence = answer && errorSentence(answer)
    if (sentence !== undefined) count(this.sentences, sentence)
    if (was !== is) this.differences.push(difference(request, was, is))
  }

  /** Whether neither service answers. Decides without a fixed wait, and does not wait for a server
   * that waits for the rest of the request. */
  async #isLeftUnanswered(before: RawExchange, after: RawExchange): Promise<boolean> {
    for (let later = 0; later < LATER_ANSWERS; later++) {
      await Promise.all(this.#ports.map((port) => describe(port, 'thread')))
      if (before.isAnswered && after.isAnswered) return false
    }
    return !before.isAnswered && !after.isAnswered
  }

  /** Each server creates and deletes tables in the background, at its own speed. */
  async #untilSettled(told: string): Promise<void> {
    if (!UNSETTLED.test(told)) return
    const [, name = ''] = /"table_name": ?"([^"]+)"/.exec(told) ?? []
    const end = performance.now() + SETTLE_LIMIT_MS
    for (const port of this.#ports) {
      while (UNSETTLED.test(await describe(port, name))) {
        if (performance.now() > end) throw new Error(`${name} is not made or deleted in time`)
      }
    }
  }
}

function describe(port: number, name: string): Promise<string> {
  const target = `${HOSTILE_PATH}/tables/${encodeURIComponent(name)}`
  const headers = [`X-Auth-Token: ${HOSTILE_CALLER.token}`, 'Connection: close']
  return new RawExchange(port, [requestText(port, { target, headers })]).ended
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

const SHOWN_LENGTH = 600

function difference({ operation, bytes }: ComparedRequest, was: string, is: string): string {
  const other = [...was].findIndex((character, index) => character !== is[index])
  const at = Math.max(0, (other < 0 ? was.length : other) - SHOWN_LENGTH / 2)
  const request = JSON.stringify(bytes.subarray(0, SHOWN_LENGTH).toString('latin1'))
  const [before, after] = [was, is].map((text) => JSON.stringify(text.slice(at, at + SHOWN_LENGTH)))
  return `${operation} ${request}\n  before ${before}\n  after  ${after}`
}
