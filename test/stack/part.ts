/** What every part of the test stack is started with and answers with. */

export type PartOptions = {
  /** An existing folder of this part alone, removed by the caller after stop(). */
  readonly folder: string
  /** Aborted when the run is interrupted: then start() rejects soon and leaves nothing. */
  readonly signal: AbortSignal
}

export type Part = {
  /** Which component this is and how it runs, for a person. */
  readonly note: string
  /** The variables through which test processes find it. */
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}
