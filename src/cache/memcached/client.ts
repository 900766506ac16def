import { connect, isIP, type NetConnectOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { MemcacheClient, MemcacheConnection, Status } from 'memcache-client'

export interface MemcachedClientOptions {
  /** `host:port`, `[IPv6]:port` or `unix:path`. */
  readonly address: string
  readonly connectionsMax: number
  readonly commandTimeoutMs: number
  readonly unusedTimeoutMs: number
  /** Undefined: in plain. */
  readonly tls: ConnectionOptions | undefined
}

/** memcache-client for one server, with connections that are made and guarded here. */
export class MemcachedClient extends MemcacheClient {
  readonly #options: MemcachedClientOptions

  constructor(options: MemcachedClientOptions) {
    super({
      server: { server: options.address, maxConnections: options.connectionsMax },
      cmdTimeout: options.commandTimeoutMs,
    })
    this.#options = options
  }

  /** Resolves once commands may be sent: with TLS, when the server's certificate was found good. */
  openSocket(): { readonly socket: Socket; readonly isOpen: Promise<void> } {
    const { address, tls } = this.#options
    const target = targetOf(address)
    const socket = tls === undefined ? connect(target) : connectTls({ ...tls, ...target })
    const isOpen = new Promise<void>((resolve, reject) => {
      // Stays: until the connection has its own, an error that nobody heard would end the process.
      socket.once('error', reject)
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => resolve())
    })
    return { socket, isOpen }
  }

  /**
   * memcache-client throws out of its data listener when a server says something unexpected, which
   * would end the process, and it keeps idle connections for ever. This makes both the end of that
   * one connection.
   */
  guardSocket(socket: Socket): void {
    for (const listener of socket.listeners('data')) {
      socket.removeListener('data', listener as (chunk: Buffer) => void)
      socket.on('data', (chunk: Buffer) => {
        try {
          listener.call(socket, chunk)
        } catch {
          socket.destroy(new Error('an answer that is not of memcached'))
        }
      })
    }
    // The client ends a connection that tells of its time-out.
    socket.setTimeout(this.#options.unusedTimeoutMs)
    socket.setNoDelay(true)
  }
}

function targetOf(address: string): NetConnectOpts & { servername?: string } {
  if (address.startsWith('unix:')) return { path: address.slice('unix:'.length) }
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '')
  const port = Number(address.slice(colon + 1))
  return isIP(host) === 0 ? { host, port, servername: host } : { host, port }
}

// Its own knows no other addresses than names with ports.
MemcacheConnection.prototype.connect = function (this: MemcacheConnection) {
  const client = this.client as MemcachedClient
  const { socket, isOpen } = client.openSocket()
  this.socket = socket
  this._status = Status.CONNECTING
  const connected = isOpen.then(
    () => {
      this._status = Status.READY
      this._connectPromise = undefined
      this._setupConnection(socket)
      client.guardSocket(socket)
      return this
    },
    (error) => {
      this._shutdown('connect failed')
      throw error
    },
  )
  this._connectPromise = connected
  return connected
}

// It would print what it does not know, pieces of tokens perhaps, and go on.
MemcacheConnection.prototype.cmdAction_undefined = () => {
  throw new Error('an answer that is not of memcached')
}
