import { LineCap } from '../telemetry/line-cap.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Exchange } from './exchange.ts'

const PATH_SHOWN_CHARS = 256

export interface Refusal {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  /** The message to the client, or more details, but none of its data. */
  readonly reason?: string | undefined
  /** An unexpected error. */
  readonly error?: unknown
}

type RefusedRequest = Pick<Exchange, 'logContext' | 'method' | 'target' | 'address'>

/** Logs refused requests, so that their ids can be found, at a limited rate. */
export class RefusalLog {
  readonly #log: Logger
  readonly #cap: LineCap

  constructor(log: Logger) {
    this.#log = log
    this.#cap = new LineCap((statuses) => log.info(statuses, 'more requests were refused'))
  }

  add(refused: RefusedRequest, status: number, { level, message, ...fields }: Refusal): void {
    // Counted separately, so that a flood of harmless lines does not hide those that operators
    // should see.
    if (!this.#cap.admits(level === 'info' ? status : `${status}_${level}`)) return
    const { logContext: context, method, target, address } = refused
    const [path = ''] = target.split('?', 1)
    const request = { status, method, path: path.slice(0, PATH_SHOWN_CHARS) }
    const line = { context, ...request, ...fields, client: address }
    this.#log[level](line, message)
  }

  /** Reports suppressed lines. */
  close(): void {
    this.#cap.flush()
  }
}
