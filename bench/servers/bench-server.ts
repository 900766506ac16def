import type { Wire } from '../wire.ts'

/** A running server with its table made and loaded. */
export interface BenchServer {
  readonly name: string
  readonly url: string
  /** Of the process that all its others are children of. */
  readonly pid: number
  readonly wire: Wire
  stop(): Promise<unknown>
}

export interface StartOptions {
  /** Of this server alone; removed after it has been stopped. */
  readonly folder: string
  readonly signal: AbortSignal
}
