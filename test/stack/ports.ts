import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the ephemeral ranges of Linux and macOS, so that no outgoing connection uses them. */
const PORT_MIN = 20_000
const PORT_MAX = 32_000
const PORT_TRIES_MAX = 200

const given = new Set<number>()

/** A free TCP port of the loopback interface, never the same one twice in a process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES_MAX; tries++) {
    const port = randomInt(PORT_MIN, PORT_MAX)
    if (!given.has(port) && (await canListen(port))) {
      given.add(port)
      return port
    }
  }
  throw new Error(`no free port between ${PORT_MIN} and ${PORT_MAX}`)
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
