import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type Server, signalGroup } from '../stack/processes.ts'

/** A server that can be killed, stopped and started again. */
export class RestartableServer {
  readonly #start: () => Promise<Server>
  #server: Server | undefined

  /** @param server the server, if it is already running */
  constructor(start: () => Promise<Server>, server?: Server) {
    this.#start = start
    this.#server = server
  }

  get pid(): number {
    return this.#server?.pid ?? 0
  }

  /** Resolves when the server accepts requests. */
  async start(): Promise<void> {
    this.#server = await this.#start()
  }

  /** Sends SIGKILL. Resolves when the process has ended. */
  async kill(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
  }

  /** Sends SIGSTOP. Connections are still accepted by the kernel, but get no answers. */
  async pause(): Promise<void> {
    signalGroup(this.pid, 'SIGSTOP')
    while (!/\) T/.test(readFileSync(`/proc/${this.pid}/stat`, 'utf8'))) await delay(1)
  }

  resume(): void {
    if (this.#server) signalGroup(this.pid, 'SIGCONT')
  }
}
