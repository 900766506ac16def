import { LineCap } from '../telemetry/line-cap.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Exchange } from './exchange.ts'

/** What of a path a line shows. */
const PATH_SHOWN_CHARS = 256

/** Why a request was not answered as its caller wished. */
export interface Refusal {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  /** What the caller was told, or more, where it is nothing of the caller's data. */
  readonly reason?: string | undefined
  /** What nobody foresaw. */
  readonly error?: unknown
}

/** What a line tells of the request. */
type RefusedRequest = Pick<Exchange, 'logContext' | 'method' | 'target' | 'address'>

/** A line for each refused request, so that its id can be found, but no flood of them. */
export class RefusalLog {
  readonly #log: Logger
  readonly #cap: LineCap

  constructor(log: Logger) {
    this.#log = log
    this.#cap = new LineCap((statuses) => log.info(statuses, 'more requests were refused'))
  }

  add(refused: RefusedRequest, status: number, { level, message, ...fields }: Refusal): void {
    // Those that an operator should hear of are not hidden by a flood of others.
    if (!this.#cap.admits(level === 'info' ? status : `${status}_${level}`)) return
    const { logContext: context, method, target, address } = refused
    const [path = ''] = target.split('?', 1)
    const request = { status, method, path: path.slice(0, PATH_SHOWN_CHARS) }
    const line = { context, ...request, ...fields, client: address }
    this.#log[level](line, message)
  }

  /** Tells of those that have had no line. */
  close(): void {
    this.#cap.flush()
  }
}
