import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const NAMES = /^user-(\d+)-[0-9a-f]{16}\.sock$/
/** Milliseconds after which a socket without a listener counts as abandoned. */
const LEFT_BEHIND_MS = 10_000
const ATTEMPTS_MAX = 4
const PAUSE_MAX_MS = 200

/**
 * Shows other processes that this one has the database open, by a socket in the database's folder
 * on which it listens until it ends. LMDB identifies its users by process id, and considers those
 * of another PID namespace (a container) dead. So the sockets' names contain the namespace, and a
 * folder that is open in another namespace is refused.
 */
export class Presence {
  readonly #server: Server | undefined
  readonly #folder: number | undefined

  private constructor(server?: Server, folder?: number) {
    this.#server = server
    this.#folder = folder
  }

  /** Does nothing where the system has no namespaces or sockets. */
  static async show(path: string): Promise<Presence> {
    const namespace = pidNamespace()
    if (namespace === undefined) return new Presence()
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const presence = await Presence.#showAlone(path, namespace)
      if (presence) return presence
      // The other process may have been refused at the same moment.
      await delay(Math.random() * PAUSE_MAX_MS)
    }
    throw new Error(
      `${path} is open in another PID namespace, such as another container: ` +
        'only the processes of one may share it',
    )
  }

  static async #showAlone(path: string, namespace: string): Promise<Presence | undefined> {
    const folder = openSync(path, 'r')
    const name = `user-${namespace}-${randomBytes(8).toString('hex')}.sock`
    const server = await listening(placeOf(folder, name))
    const presence = new Presence(server, folder)
    if (!server) return presence
    // Listens before it looks, so that of two processes at once at least one sees the other.
    if (!(await isOpenElsewhere(folder, namespace))) return presence
    await presence.close()
    return undefined
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server) await new Promise((resolve) => server.close(resolve))
    if (this.#folder !== undefined) closeSync(this.#folder)
  }
}

/** Undefined if the system has none. */
function pidNamespace(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]
  } catch {
    return undefined
  }
}

/** A path of at most 107 bytes, the limit for sockets, even if the folder's own path is longer. */
function placeOf(folder: number, name: string): string {
  return join(`/proc/self/fd/${folder}`, name)
}

/** Undefined if the file system has no sockets. */
function listening(path: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    // Also ignores later errors of connections: whoever connected has seen that this process lives.
    server.on('error', () => resolve(undefined))
    // `exclusive`: a cluster's worker would otherwise share it with the primary.
    server.listen({ path, exclusive: true }, () => resolve(server))
    server.unref()
  })
}

async function isOpenElsewhere(folder: number, namespace: string): Promise<boolean> {
  for (const name of readdirSync(`/proc/self/fd/${folder}`)) {
    const [, other] = NAMES.exec(name) ?? []
    if (other === undefined) continue
    const path = placeOf(folder, name)
    const isAlive = await isListenedTo(path)
    if (isAlive && other !== namespace) return true
    if (!isAlive && isOld(path)) rmSync(path, { force: true })
  }
  return false
}

function isListenedTo(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // Any other error comes from a living process, such as one with a full backlog.
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
    )
  })
}

function isOld(path: string): boolean {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {}
  return mtimeMs !== undefined && Date.now() - mtimeMs > LEFT_BEHIND_MS
}
