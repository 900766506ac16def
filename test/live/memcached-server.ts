import { once } from 'node:events'
import { connect } from 'node:net'
import { startLocalMemcached } from '../stack/memcached.ts'
import { freePort } from '../stack/ports.ts'
import { requireProgram } from '../stack/prerequisite.ts'
import { RestartableServer } from '../support/restartable-server.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

/** A memcached of the test's own, to be killed and stopped as it likes. Started again, it is on the
 * same port, and empty. */
export class MemcachedServer extends RestartableServer {
  readonly port: number
  readonly #folder: TemporaryFolder

  private constructor(port: number, folder: TemporaryFolder) {
    const program = requireProgram('memcached', 'apt-get install memcached')
    const { signal } = new AbortController()
    const options = { folder: folder.path, signal }
    super(() => startLocalMemcached(program, port, options, ['-m', '16']))
    this.port = port
    this.#folder = folder
  }

  static async start(): Promise<MemcachedServer> {
    const server = new MemcachedServer(await freePort(), new TemporaryFolder('memcached'))
    await server.start()
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
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
