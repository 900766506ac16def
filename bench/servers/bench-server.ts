import type { Wire } from '../wire.ts'

/** A running server with its table created and loaded. */
export interface BenchServer {
  readonly name: string
  readonly url: string
  /** The process id of the server's first process, whose children are the others. */
  readonly pid: number
  readonly wire: Wire
  /** Whether its requests are refused after a while. */
  readonly expires?: true
  stop(): Promise<unknown>
}

export interface StartOptions {
  /** A folder for this server alone, which is removed after it has stopped. */
  readonly folder: string
  readonly signal: AbortSignal
}
