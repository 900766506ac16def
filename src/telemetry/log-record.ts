/** What a call of a logger says, before it has a form. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly timeMs: number
  /** oslo.log's word, such as `WARNING`. */
  readonly level: string
  readonly name: string
  readonly message: string
  readonly fields: LogFields
}

/** Of a request context, what a line tells. */
export interface LogContext {
  readonly requestId: string
  readonly globalRequestId?: string | undefined
  readonly userId?: string | undefined
  readonly projectId?: string | undefined
}

/** Fields of a line. Values under names such as `password` or `…token` are never written. */
export interface LogFields {
  /** The request that the line is about. */
  readonly context?: LogContext | undefined
  /** Written with its stack and causes. */
  readonly error?: unknown
  readonly [field: string]: unknown
}
