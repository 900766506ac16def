import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { memcachedArguments } from '../stack/memcached.ts'
import { freePort } from '../stack/ports.ts'
import { requireProgram } from '../stack/prerequisite.ts'
import { type Server, signalGroup, startServer } from '../stack/processes.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const START_LIMIT_MS = 60_000

/** A test's own memcached, which it may kill and pause. */
export class MemcachedServer {
  readonly port: number
  readonly #folder = new TemporaryFolder('memcached')
  #server: Server | undefined

  private constructor(port: number) {
    this.port = port
  }

  static async start(): Promise<MemcachedServer> {
    const server = new MemcachedServer(await freePort())
    await server.start()
    return server
  }

  get pid(): number {
    return this.#server?.pid ?? 0
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Starts the server, empty, always on the same port. */
  async start(): Promise<void> {
    const program = requireProgram('memcached', 'apt-get install memcached')
    const { path } = this.#folder
    this.#server = await startServer(program, [...memcachedArguments(this.port), '-m', '16'], {
      ...{ cwd: path, log: join(path, 'memcached.log'), signal: new AbortController().signal },
      ...{ port: this.port, limitMs: START_LIMIT_MS },
    })
  }

  async kill(): Promise<void> {
    await this.#server?.stop()
  }

  /** Sends SIGSTOP: the kernel accepts connections, but nothing is answered. */
  async pause(): Promise<void> {
    const pid = this.#server?.pid
    signalGroup(pid, 'SIGSTOP')
    while (!/\) T/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await delay(1)
  }

  resume(): void {
    signalGroup(this.#server?.pid, 'SIGCONT')
  }

  /** Sends one command. Returns the text received before a line that begins with `last`. */
  async tell(command: string, last: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`${command}\r\n`)
    let answer = ''
    for await (const chunk of socket) {
      answer += String(chunk)
      if (answer.split(/\r?\n/).some((line) => line.startsWith(last))) break
    }
    socket.destroy()
    return answer
  }

  /** The value of a key; undefined if there is none. */
  async value(key: string): Promise<string | undefined> {
    return /^VALUE [^\r]*\r\n([^\r]*)\r\n/.exec(await this.tell(`get ${key}`, 'END'))?.[1]
  }

  async store(key: string, value: string): Promise<void> {
    await this.tell(`set ${key} 0 300 ${value.length}\r\n${value}`, 'STORED')
  }

  async statistic(name: string): Promise<number> {
    const answer = await this.tell('stats', 'END')
    return Number(new RegExp(`STAT ${name} (\\d+)`).exec(answer)?.[1])
  }

  async stop(): Promise<void> {
    this.resume()
    await this.kill()
    this.#folder.remove()
  }
}
