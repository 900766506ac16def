import cluster, { type Worker } from 'node:cluster'
import type { Config } from '../config/load.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { BoundSocket } from './bound-socket.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** Milliseconds before a dead worker is replaced. Doubles with each worker in a row that dies
 * before it serves. */
const RESPAWN_DELAY_MIN_MS = 100
const RESPAWN_DELAY_MAX_MS = 5_000

export interface SupervisorOptions {
  readonly config: Config
  readonly socket: BoundSocket
  readonly streamingSocket: BoundSocket | undefined
  readonly log: Logger
  /** Called once, when the first worker answers requests. */
  readonly onServing: () => void
  /** Called once, if a worker cannot start and none has served yet. */
  readonly onStartFailed: (reason: string) => void
  readonly onWorkerDeath: () => void
}

/** Keeps the configured number of workers alive. */
export class Supervisor {
  readonly #options: SupervisorOptions
  #config: Config
  readonly #workers = new Set<Worker>()
  /** The workers that serve, in the order in which they began. */
  readonly #serving = new Set<Worker>()
  /** The worker that looks for jobs. One per machine is enough. */
  #poller: Worker | undefined
  #everServed = false
  #failuresInRow = 0
  #draining = false
  #allGone: (() => void) | undefined
  #isComplete = true

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#config = options.config
  }

  start(): void {
    for (let i = 0; i < this.#config.DEFAULT.workers; i++) this.#spawn()
  }

  /** @returns whether every worker answered all its requests */
  async drain(): Promise<boolean> {
    this.#draining = true
    for (const worker of this.#workers) tell(worker, { type: 'drain' })
    if (this.#workers.size > 0) await new Promise<void>((resolve) => (this.#allGone = resolve))
    return this.#isComplete
  }

  /** Makes every worker reopen its log file, apply mutable options, and re-read the policy
   * files. */
  reload(config: Config): void {
    this.#config = config
    for (const worker of this.#workers) tell(worker, { type: 'reload', config })
  }

  kill(): void {
    this.#draining = true
    for (const worker of this.#workers) worker.process.kill('SIGKILL')
  }

  #spawn(): void {
    let worker: Worker
    try {
      worker = cluster.fork()
    } catch (error) {
      this.#died(false, reasonOf(error))
      return
    }
    this.#workers.add(worker)
    worker.on('message', (message: FromWorker) => {
      switch (message.type) {
        case 'loaded':
          if (this.#draining) tell(worker, { type: 'drain' })
          else this.#start(worker)
          break
        case 'failed':
          this.#failed(message.reason)
          break
        case 'serving':
          this.#failuresInRow = 0
          this.#serving.add(worker)
          this.#namePoller()
          this.#served()
          break
        case 'job_added':
          if (this.#poller) tell(this.#poller, { type: 'look_for_jobs' })
      }
    })
    worker.on('exit', (code, signal) => this.#exited(worker, signal ?? code))
    worker.on('error', (error) => {
      // A worker without pid was never started, and emits no `exit` event.
      if (worker.process.pid === undefined) this.#exited(worker, reasonOf(error))
    })
  }

  #start(worker: Worker): void {
    const { socket, streamingSocket } = this.#options
    if (streamingSocket) {
      worker.send({ type: 'streaming_socket' } satisfies ToWorker, streamingSocket.handle)
    }
    worker.send({ type: 'serve', config: this.#config } satisfies ToWorker, socket.handle)
  }

  #served(): void {
    if (this.#everServed) return
    this.#everServed = true
    this.#options.onServing()
  }

  #failed(reason: string): void {
    if (this.#everServed) this.#options.log.error({ reason }, 'a worker cannot start')
    else if (!this.#draining) this.#options.onStartFailed(reason)
  }

  /** Chooses another worker to look for jobs if the last one has died. */
  #namePoller(): void {
    if (this.#poller && this.#serving.has(this.#poller)) return
    ;[this.#poller] = this.#serving
    if (this.#poller) tell(this.#poller, { type: 'look_for_jobs' })
  }

  #exited(worker: Worker, code: number | string): void {
    this.#workers.delete(worker)
    const hasServed = this.#serving.delete(worker)
    if (this.#draining) {
      this.#isComplete &&= code === 0
      if (this.#workers.size === 0) this.#allGone?.()
      return
    }
    this.#died(hasServed, code, worker.process.pid)
  }

  #died(hasServed: boolean, code: number | string, pid?: number): void {
    const { log, onWorkerDeath, onStartFailed } = this.#options
    if (code !== 0) log.warn({ pid, code }, 'a worker died')
    if (!this.#everServed) {
      onStartFailed(`a worker ended with ${code} before it served`)
      return
    }
    onWorkerDeath()
    this.#namePoller()
    if (!hasServed) this.#failuresInRow++
    setTimeout(() => {
      if (!this.#draining) this.#spawn()
    }, respawnDelayMs(this.#failuresInRow))
  }
}

function respawnDelayMs(failuresInRow: number): number {
  if (failuresInRow === 0) return 0
  return Math.min(RESPAWN_DELAY_MIN_MS * 2 ** failuresInRow, RESPAWN_DELAY_MAX_MS)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message)
}
