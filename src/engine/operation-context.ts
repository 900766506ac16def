import type { StorageDriver } from '../storage/driver.ts'

/** What an operation knows of the request that it serves. */
export interface OperationContext {
  readonly projectId: string
  /** Milliseconds on the clock of `performance.now()`. */
  readonly deadline: number
  /** The driver as this request sees it. */
  readonly storage: StorageDriver
}
