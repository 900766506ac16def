import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Figures } from './figures.ts'
import type { Order } from './generator-process.ts'

const PROCESS = fileURLToPath(new URL('generator-process.js', import.meta.url))

/** Runs the loads in a process of their own, so that nothing else delays them. */
export class Generator {
  readonly #child: ChildProcess
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#child = fork(PROCESS, { serialization: 'advanced' })
    this.#signal = signal
  }

  /** Only one order may run at a time. */
  async run(order: Order): Promise<Figures> {
    const ended = new AbortController()
    const signal = AbortSignal.any([this.#signal, ended.signal])
    const onExit = () => ended.abort(new Error('the load generator has ended'))
    this.#child.once('exit', onExit)
    try {
      this.#child.send(order)
      const [figures] = await once(this.#child, 'message', { signal })
      return figures
    } finally {
      this.#child.off('exit', onExit)
    }
  }

  stop(): void {
    this.#child.kill()
  }
}
