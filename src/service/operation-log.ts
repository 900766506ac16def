import type { OperationsLogged } from '../config/operations-logged.ts'
import type { Observer, OperationEvent, Outcome } from '../operations/execute.ts'
import { LineCap } from '../telemetry/line-cap.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Outcomes that do not count as failures. */
const SUCCESSES: ReadonlySet<Outcome> = new Set(['ok', 'condition_failed'])

/** Logs the operations chosen by `log_operations`. Callers can cause failures and slow operations
 * at will, so `LineCap` limits their lines per outcome. */
export class OperationLog implements Observer {
  /** May be changed at any time. */
  logged: OperationsLogged
  readonly #log: Logger
  readonly #cap: LineCap

  constructor(log: Logger, logged: OperationsLogged) {
    this.#log = log
    this.#cap = new LineCap((outcomes) => log.info(outcomes, 'more operations'))
    this.logged = logged
  }

  /** Reports suppressed lines. */
  close(): void {
    this.#cap.flush()
  }

  observe(event: OperationEvent): void {
    if (!this.#wants(event)) return
    if (this.logged.are !== 'all' && !this.#cap.admits(event.outcome)) return
    const { operation, context, outcome, seconds, table, request } = event
    const { requests, depth } = event.storage
    const microseconds = Math.round(seconds * 1e6)
    const own = { context, outcome, microseconds, requests, depth }
    if (request === undefined) this.#log.info({ table, ...own }, operation)
    else {
      const wire = request.wire.name
      request.whenAnswered(({ status, bytesIn, bytesOut }) => {
        this.#log.info({ table, status, ...own, bytesIn, bytesOut, wire }, operation)
      })
    }
  }

  #wants({ outcome, seconds }: OperationEvent): boolean {
    switch (this.logged.are) {
      case 'none':
        return false
      case 'all':
        return true
      case 'errors':
        return !SUCCESSES.has(outcome)
      case 'errors_and_slow':
        return !SUCCESSES.has(outcome) || seconds * 1_000 >= this.logged.slowMs
    }
  }
}
