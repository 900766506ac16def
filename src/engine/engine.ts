import type { StorageDriver } from '../storage/driver.ts'
import { type Catalogue, createCatalogue } from './catalogue.ts'
import { createTurns, type Turns } from './turns.ts'

/** What operations work on: items and tables over any storage driver. */
export interface Engine {
  readonly catalogue: Catalogue
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Read-modify-write of one item waits here for its turn. */
  readonly turns: Turns
  close(): Promise<void>
}

export interface EngineOptions {
  /** Open; closed by whoever opened it. */
  readonly driver: StorageDriver
  readonly now?: () => number
  /** Told of failures in the background, where no request is waiting for an answer. */
  readonly onBackgroundError?: (error: unknown) => void
}

export function createEngine(options: EngineOptions): Engine {
  const { driver, now = Date.now, onBackgroundError = () => {} } = options
  const catalogue = createCatalogue({ driver, onBackgroundError })
  return { catalogue, now, turns: createTurns(), close: () => catalogue.close() }
}
