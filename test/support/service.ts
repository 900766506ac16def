/** Runs MagnetoDB as operators do: a primary and its workers, started from a configuration. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../stack/ports.ts'
import { ANYBODY, HttpClient } from './http-client.ts'
import { TemporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

export const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url))
/** Milliseconds that a start or a stop may take. */
const LIMIT_MS = 60_000
const POLL_INTERVAL_MS = 10
const PORT_TRIES_MAX = 5
const LOG_TAIL_LENGTH = 4_000

export type ConfigSections = Readonly<Record<string, Readonly<Record<string, string | number>>>>

export interface ServiceOptions {
  /** Default: a new folder, removed when the service stops. */
  readonly folder?: string
  /** The main file, if another than that of this build. */
  readonly main?: string
  readonly environment?: NodeJS.ProcessEnv
  /** A command that runs the program, such as a tracer. The program and its arguments follow it. */
  readonly startedBy?: readonly string[]
}

export class Service {
  url = ''
  readonly #config: ConfigSections | string
  readonly #options: ServiceOptions
  readonly #folder: string
  readonly #own: TemporaryFolder | undefined
  readonly #clients: HttpClient[] = []
  #configFile = ''
  #child: ChildProcess | undefined

  private constructor(config: ConfigSections | string, options: ServiceOptions) {
    this.#config = config
    this.#options = options
    if (options.folder === undefined) this.#own = new TemporaryFolder('service')
    this.#folder = options.folder ?? this.#own?.path ?? ''
  }

  /**
   * Starts a service, and resolves when it serves.
   *
   * @param config the path of a file, or sections in addition to the defaults: noauth, a free port,
   *   and LMDB in the folder
   */
  static async start(
    config: ConfigSections | string = {},
    options: ServiceOptions = {},
  ): Promise<Service> {
    const service = new Service(config, options)
    mkdirSync(service.#folder, { recursive: true })
    for (let tries = 1; ; tries++) {
      await service.#configure()
      try {
        await service.start()
        return service
      } catch (error) {
        // Another process has taken the port since it was found free.
        const isTaken = String(error).includes('address already in use')
        if (isTaken && tries < PORT_TRIES_MAX && typeof config !== 'string') continue
        service.#own?.remove()
        throw error
      }
    }
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** A client that is closed when the service stops. */
  client(caller = ANYBODY): HttpClient {
    const client = new HttpClient(this.url, caller)
    this.#clients.push(client)
    return client
  }

  clients(count: number): readonly HttpClient[] {
    return Array.from({ length: count }, () => this.client())
  }

  /** Starts the service, also again, with the same address and data. Resolves with the milliseconds
   * until it served. */
  async start(): Promise<number> {
    const since = performance.now()
    const { main = MAIN, environment, startedBy = [] } = this.#options
    const program = [process.execPath, '--enable-source-maps', main]
    const [command = '', ...args] = [...startedBy, ...program, '--config-file', this.#configFile]
    const log = openSync(this.#outputFile, 'w')
    const env = { ...process.env, ...environment }
    const child = spawn(command, args, { stdio: ['ignore', log, log], env })
    closeSync(log)
    this.#child = child
    let failure: Error | undefined
    child.once('error', (error) => {
      failure = error
    })
    for (;;) {
      const [, address] = /listens on (http:\S+)\s/.exec(this.output() + this.#logged()) ?? []
      if (address !== undefined) {
        this.url = address
        return performance.now() - since
      }
      if (failure || this.#hasEnded || performance.now() - since > LIMIT_MS) {
        await this.kill()
        const told = this.output().slice(-LOG_TAIL_LENGTH)
        throw new Error(`the service does not serve: ${told}`, { cause: failure })
      }
      await delay(POLL_INTERVAL_MS)
    }
  }

  /** Its standard output and error so far. */
  output(): string {
    return readFileSync(this.#outputFile, 'utf8')
  }

  /** Waits for the service to print a line. Some lines follow the one that `start` waits for. */
  async printed(pattern: RegExp): Promise<readonly string[]> {
    await until(`it prints ${pattern}`, () => pattern.test(this.output()))
    return pattern.exec(this.output()) ?? []
  }

  /** The processes that answer requests. */
  workers(): readonly number[] {
    return childrenOf(this.pid)
  }

  /** Sends a signal to the primary. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  /** Sends SIGKILL to the primary and, before they can notice its end, to all workers. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || this.#hasEnded) return
    const ended = once(child, 'exit')
    const workers = this.workers()
    child.kill('SIGKILL')
    for (const pid of workers) sendSignal(pid, 'SIGKILL')
    if (child.pid !== undefined) await ended
    for (const pid of workers) await untilGone(pid)
  }

  /** Sends SIGTERM, as operators do, unless the service has ended. Resolves with its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    if (child && !this.#hasEnded) {
      const ended = once(child, 'exit')
      child.kill(signal)
      const timer = setTimeout(() => void this.kill(), LIMIT_MS)
      await ended
      clearTimeout(timer)
    }
    for (const client of this.#clients) client.close()
    this.#own?.remove()
    return child?.exitCode ?? null
  }

  get #hasEnded(): boolean {
    return !this.#child?.pid || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  get #outputFile(): string {
    return join(this.#folder, 'service.log')
  }

  /** The text of its log file; empty if it has none. */
  #logged(): string {
    const config = this.#config
    const file = typeof config === 'string' ? undefined : config.DEFAULT?.log_file?.toString()
    return file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  async #configure(): Promise<void> {
    const config = this.#config
    if (typeof config === 'string') {
      this.#configFile = config
      return
    }
    this.#configFile = join(this.#folder, 'magnetodb.conf')
    const sections = {
      ...config,
      DEFAULT: { bind_port: await freePort(), auth_strategy: 'noauth', ...config.DEFAULT },
      lmdb: { path: join(this.#folder, 'lmdb'), map_size: '1G', ...config.lmdb },
    }
    writeFileSync(this.#configFile, iniText(sections), { mode: 0o600 })
  }
}

export function writeConfig(folder: string, text: string): string {
  const path = join(folder, 'magnetodb.conf')
  writeFileSync(path, text)
  return path
}

export function iniText(config: ConfigSections): string {
  const sections = Object.entries(config).map(([section, options]) => {
    const lines = Object.entries(options).map(([name, value]) => `${name} = ${value}\n`)
    return `[${section}]\n${lines.join('')}`
  })
  return sections.join('\n')
}

/** Resolves when another worker has replaced this one, with the milliseconds that it took. */
export async function untilReplaced(service: Service, pid: number, count: number) {
  const since = performance.now()
  const isReplaced = () => {
    const now = service.workers()
    return now.length >= count && !now.includes(pid)
  }
  await until('a worker is replaced', isReplaced, { limitMs: LIMIT_MS, pauseMs: POLL_INTERVAL_MS })
  return performance.now() - since
}

/** Resolves when the process has ended. It need not be a child of this one. */
export function untilGone(pid: number): Promise<void> {
  const how = { limitMs: LIMIT_MS, pauseMs: POLL_INTERVAL_MS }
  return until('a process ends', () => !isAlive(pid), how)
}

export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // The process has ended.
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

/** False for zombies, too. */
function isAlive(pid: number): boolean {
  try {
    const [, state] = /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? []
    return state !== 'Z' && state !== 'X'
  } catch {
    return false
  }
}
