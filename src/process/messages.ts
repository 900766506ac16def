import type { Config } from '../config/load.ts'

export type ToWorker =
  /** Carries the socket for bulk loads, if there is one. Sent before `serve`. */
  | { readonly type: 'streaming_socket' }
  /** Carries the listening socket. */
  | { readonly type: 'serve'; readonly config: Config }
  /** The worker becomes the one that looks for jobs, and looks at once. */
  | { readonly type: 'look_for_jobs' }
  | { readonly type: 'drain' }
  /** After a log rotation, or a change of the configuration or policy files. */
  | { readonly type: 'reload'; readonly config: Config }

export type FromWorker =
  /** The worker can receive messages. Earlier ones are lost. */
  | { readonly type: 'loaded' }
  | { readonly type: 'serving' }
  /** The primary passes it on to the worker that looks for jobs. */
  | { readonly type: 'job_added' }
  /** The worker cannot start. The reason is for an operator. */
  | { readonly type: 'failed'; readonly reason: string }
