import type { Config } from '../config/load.ts'

/** What the primary tells a worker; `serve` comes with the listening socket. */
export type ToWorker =
  | { readonly type: 'serve'; readonly config: Config }
  | { readonly type: 'drain' }
  /** Its log file was renamed by a rotation. */
  | { readonly type: 'reopen_log' }

/** What a worker tells the primary. */
export type FromWorker =
  /** It listens to messages: what is sent to a worker of `cluster` earlier is lost. */
  | { readonly type: 'loaded' }
  | { readonly type: 'serving' }
  /** It cannot start, for a reason that an operator can read, and ends. */
  | { readonly type: 'failed'; readonly reason: string }
