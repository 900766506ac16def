/** What the routes of the v1 API read of an HTTP request. */
export interface V1Request {
  /** The path's `:table_name`, percent-decoded; empty where the path has none. */
  readonly tableName: string
  readonly query: URLSearchParams
  /** As it was received; a GET has an empty one. */
  readonly body: Buffer
  /** `http://host:port/v1/data/<project>/tables`, for links. */
  readonly tablesUrl: string
}

/** A request whose body is worked on while it comes. */
export interface V1Upload {
  /** The body. While nobody asks for more of it, the caller has to wait. */
  chunks(): AsyncIterable<Buffer>
  /** Makes the answer one of several lines: before it come reports. */
  showProgress(): void
  /** Says in a line what has been done so far. */
  report(line: string): void
}
