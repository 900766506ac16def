import type { Config } from '../config/load.ts'

/** What the primary tells a worker. */
export type ToWorker =
  /** Comes with the socket for bulk loads, before `serve`, where there is one. */
  | { readonly type: 'streaming_socket' }
  /** Comes with the listening socket. */
  | { readonly type: 'serve'; readonly config: Config }
  /** Of this machine's workers it is the one that looks for jobs: now, and from now on. */
  | { readonly type: 'look_for_jobs' }
  | { readonly type: 'drain' }
  /** Its log file was renamed by a rotation, or the configuration or policy files have changed. */
  | { readonly type: 'reload'; readonly config: Config }

/** What a worker tells the primary. */
export type FromWorker =
  /** It listens to messages: what is sent to a worker of `cluster` earlier is lost. */
  | { readonly type: 'loaded' }
  | { readonly type: 'serving' }
  /** Which whoever looks for jobs should know. */
  | { readonly type: 'job_added' }
  /** It cannot start, for a reason that an operator can read, and ends. */
  | { readonly type: 'failed'; readonly reason: string }
