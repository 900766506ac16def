import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ConfigSections, iniText } from '../live/running-service.ts'
import { freePort } from '../stack/ports.ts'
import type { PlantedBug } from './figure.ts'

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url))
const DOCTORED_MAIN = fileURLToPath(new URL('./doctored-main.js', import.meta.url))
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 60_000
const POLL_INTERVAL_MS = 10
const PORT_TRIES_MAX = 5
const LOG_TAIL_LENGTH = 4_000

export interface FaultedServiceOptions {
  readonly config: ConfigSections
  readonly folder: string
  readonly bug?: PlantedBug | undefined
  /** What it is started by, a tracer say; the program and its arguments follow. */
  readonly startedBy?: readonly string[]
}

/** MagnetoDB as an operator runs it, to be killed and started again at the same address. */
export class FaultedService {
  readonly url: string
  readonly #command: readonly string[]
  readonly #env: NodeJS.ProcessEnv
  readonly #log: string
  #child: ChildProcess | undefined

  /** Not running yet. */
  private constructor(port: number, options: FaultedServiceOptions, file: string) {
    this.url = `http://127.0.0.1:${port}`
    this.#log = join(options.folder, 'service.log')
    const main = options.bug === undefined ? MAIN : DOCTORED_MAIN
    const started = [process.execPath, '--enable-source-maps', main, '--config-file', file]
    this.#command = [...(options.startedBy ?? []), ...started]
    this.#env = { ...process.env, MAGNETODB_TEST_BUG: options.bug }
  }

  /** Serving, on a free port, with LMDB in the folder unless `config` says otherwise. */
  static async start(options: FaultedServiceOptions): Promise<FaultedService> {
    const { config, folder } = options
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'magnetodb.conf')
    for (let tries = 1; ; tries++) {
      const port = await freePort()
      const sections = {
        ...config,
        DEFAULT: { bind_port: port, auth_strategy: 'noauth', ...config.DEFAULT },
        lmdb: { path: join(folder, 'lmdb'), map_size: '1G', ...config.lmdb },
      }
      writeFileSync(file, iniText(sections), { mode: 0o600 })
      const service = new FaultedService(port, options, file)
      try {
        await service.start()
        return service
      } catch (error) {
        // Somebody has taken the port meanwhile.
        if (tries === PORT_TRIES_MAX || !String(error).includes('address already in use'))
          throw error
      }
    }
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** What is not running is started; how long it took until it served. */
  async start(): Promise<number> {
    const since = performance.now()
    const log = openSync(this.#log, 'w')
    const [command = '', ...args] = this.#command
    const child = spawn(command, args, { stdio: ['ignore', log, log], env: this.#env })
    closeSync(log)
    this.#child = child
    while (!/listens on http/.test(readFileSync(this.#log, 'utf8'))) {
      const isLate = performance.now() - since > START_LIMIT_MS
      if (isLate || child.exitCode !== null || child.signalCode !== null) {
        await this.kill()
        const tail = readFileSync(this.#log, 'utf8').slice(-LOG_TAIL_LENGTH)
        throw new Error(`the service does not serve: ${tail}`)
      }
      await delay(POLL_INTERVAL_MS)
    }
    return performance.now() - since
  }

  /** The processes that answer requests. */
  workers(): readonly number[] {
    return childrenOf(this.pid)
  }

  /** SIGKILL for the primary and, before they can notice, for all workers. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    const workers = this.workers()
    child.kill('SIGKILL')
    for (const pid of workers) sendSignal(pid, 'SIGKILL')
    await ended
    for (const pid of workers) await untilGone(pid)
  }

  /** SIGTERM, as an operator does; the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child
    if (!child) return null
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const timer = setTimeout(() => void this.kill(), STOP_LIMIT_MS)
      await ended
      clearTimeout(timer)
    }
    return child.exitCode
  }
}

/** Resolves once another worker lives in place of this one; how long it took. */
export async function untilReplaced(service: FaultedService, pid: number, count: number) {
  const since = performance.now()
  for (;;) {
    const now = service.workers()
    if (now.length >= count && !now.includes(pid)) return performance.now() - since
    if (performance.now() - since > START_LIMIT_MS) throw new Error('a worker is not replaced')
    await delay(POLL_INTERVAL_MS)
  }
}

/** Resolves once the process has ended, whoever its parent is. */
export async function untilGone(pid: number): Promise<void> {
  const since = performance.now()
  while (isAlive(pid)) {
    if (performance.now() - since > STOP_LIMIT_MS) throw new Error('a process does not end')
    await delay(POLL_INTERVAL_MS)
  }
}

export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.split(' ').filter(Boolean).map(Number).filter(isAlive)
  } catch {
    return []
  }
}

/** Not one that is dead and waits to be collected. */
function isAlive(pid: number): boolean {
  try {
    const [, state] = /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? []
    return state !== 'Z' && state !== 'X'
  } catch {
    return false
  }
}
