import type { Socket } from 'node:net'
import { MemcacheConnection } from 'memcache-client'

const guarded = new WeakSet<Socket>()

// It would print what it does not know, pieces of tokens perhaps, and go on.
MemcacheConnection.prototype.cmdAction_undefined = () => {
  throw new Error('an answer that is not of memcached')
}

/**
 * memcache-client throws out of its data listener when a server says something unexpected, which
 * would end the process, and it keeps idle connections for ever. This makes both the end of that
 * one connection.
 */
export function guardSocket(socket: Socket, unusedTimeoutMs: number): void {
  if (guarded.has(socket)) return
  guarded.add(socket)
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
  socket.setTimeout(unusedTimeoutMs)
  socket.setNoDelay(true)
}
