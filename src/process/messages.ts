import type { Config } from '../config/load.ts'

/** From the primary to a worker. */
export type ToWorker =
  /** Has the socket for bulk loads, if there is one. Sent before `serve`. */
  | { readonly type: 'streaming_socket' }
  /** Has the listening socket. */
  | { readonly type: 'serve'; readonly config: Config }
  /** Makes it the worker that looks for jobs, and look now. */
  | { readonly type: 'look_for_jobs' }
  | { readonly type: 'drain' }
  /** After a log rotation, or a change of the configuration or policy files. */
  | { readonly type: 'reload'; readonly config: Config }

/** From a worker to the primary. */
export type FromWorker =
  /** Messages sent to a worker before this one are lost. */
  | { readonly type: 'loaded' }
  | { readonly type: 'serving' }
  /** To be passed on to the worker that looks for jobs. */
  | { readonly type: 'job_added' }
  /** It cannot start, for a reason that an operator can read. */
  | { readonly type: 'failed'; readonly reason: string }
