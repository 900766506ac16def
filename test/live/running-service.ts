import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 30_000
const POLL_INTERVAL_MS = 50
const OUTPUT_TAIL_LENGTH = 4_000
const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url))

export type ConfigSections = Readonly<Record<string, Readonly<Record<string, string | number>>>>

/** MagnetoDB as an operator starts it: `main.js --config-file FILE`. */
export class RunningService {
  readonly url: string
  readonly #child: ChildProcess
  readonly #folder: string

  constructor(url: string, child: ChildProcess, folder: string) {
    this.url = url
    this.#child = child
    this.#folder = folder
  }

  /** Starts it on a free port, with LMDB in a folder that goes with it unless `config` says
   * otherwise, and waits until it serves. Of another build if `main` says so. */
  static async start(config: ConfigSections, main = MAIN): Promise<RunningService> {
    const folder = mkdtempSync(join(tmpdir(), 'magnetodb-service-'))
    const file = join(folder, 'magnetodb.conf')
    writeFileSync(file, iniText(withDefaults(config, folder)), { mode: 0o600 })
    const child = spawn(process.execPath, ['--enable-source-maps', main, '--config-file', file])
    try {
      return new RunningService(
        await untilServing(child, config.DEFAULT?.log_file?.toString()),
        child,
        folder,
      )
    } catch (error) {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Ends it by SIGTERM, as an operator does; the exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close')
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS)
      this.#child.kill('SIGTERM')
      await closed
      clearTimeout(timer)
    }
    rmSync(this.#folder, { recursive: true, force: true })
    return this.#child.exitCode
  }
}

function withDefaults(config: ConfigSections, folder: string): ConfigSections {
  return {
    ...config,
    DEFAULT: { bind_port: 0, auth_strategy: 'noauth', ...config.DEFAULT },
    lmdb: { path: join(folder, 'lmdb'), map_size: '1G', ...config.lmdb },
  }
}

export function iniText(config: ConfigSections): string {
  const sections = Object.entries(config).map(([section, options]) => {
    const lines = Object.entries(options).map(([name, value]) => `${name} = ${value}\n`)
    return `[${section}]\n${lines.join('')}`
  })
  return sections.join('\n')
}

/** The address that the service tells in its log once its first worker listens. */
function untilServing(child: ChildProcess, logFile: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const stopTimers = (): void => {
      clearTimeout(timer)
      clearInterval(poll)
    }
    const fail = (reason: string): void => {
      stopTimers()
      reject(new Error(`${reason}: ${output.slice(-OUTPUT_TAIL_LENGTH)}`))
    }
    const timer = setTimeout(() => fail('does not serve in time'), START_LIMIT_MS)
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4 * OUTPUT_TAIL_LENGTH)
      const address = /listens on (http:\S+)\s/.exec(output)?.[1]
      if (address === undefined) return
      stopTimers()
      resolve(address)
    }
    const poll = setInterval(() => {
      if (logFile !== undefined && existsSync(logFile)) collect(readFileSync(logFile))
    }, POLL_INTERVAL_MS)
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.once('close', (code) => fail(`ended with ${code}`))
  })
}
