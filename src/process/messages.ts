import type { Config } from '../config/load.ts'

/** What the primary tells a worker. */
export type ToWorker =
  /** Comes with the socket for bulk loads, before `serve`, where there is one. */
  | { readonly type: 'streaming_socket' }
  /** Comes with the listening socket. */
  | { readonly type: 'serve'; readonly config: Config }
  | { readonly type: 'drain' }
  /** Its log file was renamed by a rotation, or the configuration or policy files have changed. */
  | { readonly type: 'reload'; readonly config: Config }

/** What a worker tells the primary. */
export type FromWorker =
  /** It listens to messages: what is sent to a worker of `cluster` earlier is lost. */
  | { readonly type: 'loaded' }
  | { readonly type: 'serving' }
  /** It cannot start, for a reason that an operator can read, and ends. */
  | { readonly type: 'failed'; readonly reason: string }
