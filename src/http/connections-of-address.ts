import type { Server } from 'node:net'

/** Half of what a process takes, so that nobody alone keeps the others out; more than a proxy,
 * which has all callers behind its one address, keeps open to one process. */
const CONNECTIONS_OF_ADDRESS_MAX = 5_000

/** Closes what an address opens beyond `max` connections at once. */
export function limitConnectionsOfAddress(server: Server, max = CONNECTIONS_OF_ADDRESS_MAX): void {
  const counts = new Map<string, number>()
  server.on('connection', (socket) => {
    const address = socket.remoteAddress
    // It is gone by now.
    if (address === undefined) return
    const count = counts.get(address) ?? 0
    if (count >= max) {
      socket.destroy()
      return
    }
    counts.set(address, count + 1)
    socket.once('close', () => {
      const left = (counts.get(address) ?? 0) - 1
      if (left > 0) counts.set(address, left)
      else counts.delete(address)
    })
  })
}
