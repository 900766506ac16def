/** The options and the result of starting a part of the test stack. */

export type PartOptions = {
  /** An existing folder for this part only, removed by the caller after stop(). */
  readonly folder: string
  /** Aborted when the run is interrupted. start() then rejects soon and leaves nothing running. */
  readonly signal: AbortSignal
}

export type Part = {
  /** For people: which component this is, and how it runs. */
  readonly note: string
  /** The variables through which test processes find it. */
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}
