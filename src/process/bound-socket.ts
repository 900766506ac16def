import type { SendHandle } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import net from 'node:net'
import { getSystemErrorMap } from 'node:util'

/** A reason why the service cannot start, in one line for an operator. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** A bound socket on which this process does not accept connections. */
export interface BoundSocket {
  readonly port: number
  /** To send to a process that listens on it. */
  readonly handle: SendHandle
  close(): void
}

/** Node's internal class of TCP sockets. `getsockname` fills its argument. */
type TcpHandle = SendHandle & {
  getsockname(address: { port?: number }): number
  close(): void
}

type NetWithHandles = typeof net & {
  _createServerHandle(
    host: string,
    port: number,
    addressType: 4 | 6,
    fd: number,
    flags: number,
  ): TcpHandle | number
}

/**
 * Binds the address on which workers listen. The primary keeps the socket, so connections wait
 * while no worker is alive, and new workers have the same port. `net.Server` would accept
 * connections itself, and `cluster` closes a socket with its last worker. So this uses
 * `_createServerHandle`, as `cluster` does.
 *
 * @throws StartError
 */
export async function bindSocket(host: string, port: number): Promise<BoundSocket> {
  const { address, family } = await lookup(host).catch(() => {
    throw new StartError(`cannot listen on ${hostPort(host, port)}: there is no such host`)
  })
  const addressType = family === 6 ? 6 : 4
  const handle = (net as NetWithHandles)._createServerHandle(address, port, addressType, -1, 0)
  const name: { port?: number } = {}
  // libuv reports an address in use only at the next call.
  const error = typeof handle === 'number' ? handle : handle.getsockname(name)
  if (typeof handle !== 'number' && error === 0) {
    return { port: name.port ?? port, handle, close: () => handle.close() }
  }
  if (typeof handle !== 'number') handle.close()
  const [, reason] = getSystemErrorMap().get(error) ?? []
  throw new StartError(`cannot listen on ${hostPort(host, port)}: ${reason ?? error}`)
}

export function hostPort(host: string, port: number): string {
  return `${net.isIPv6(host) ? `[${host}]` : host}:${port}`
}
