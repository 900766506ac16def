import type { Server, Socket } from 'node:net'
import { ShareAmounts } from '../../admission/share-amounts.ts'
import { addressGroup } from '../../identity/address-group.ts'

/** Connections of a process. */
const CONNECTIONS_MAX = 10_000
/** Connections of one address: half of all, so that none excludes the others, and more than a proxy
 * opens to one process. */
const CONNECTIONS_OF_ADDRESS_MAX = 5_000
/** Connections beyond either limit that get an answer. Further ones are closed at once. */
const SURPLUS_CONNECTIONS_MAX = 1_000

const MAXIMA = {
  all: CONNECTIONS_MAX,
  ofAddress: CONNECTIONS_OF_ADDRESS_MAX,
  surplus: SURPLUS_CONNECTIONS_MAX,
}
export type ConnectionMaxima = Readonly<typeof MAXIMA>

/** Counts the connections of all servers of a process, and identifies surplus ones. */
export class ConnectionLimits {
  readonly #maxima: ConnectionMaxima
  readonly #ofAddress = new ShareAmounts()
  readonly #surplus = new Set<Socket>()
  #open = 0

  constructor(maxima: ConnectionMaxima = MAXIMA) {
    this.#maxima = maxima
  }

  watch(server: Server): void {
    server.on('connection', (socket) => this.#opened(socket))
  }

  /** Whether to refuse its requests and close it. */
  isSurplus(socket: Socket): boolean {
    return this.#surplus.size > 0 && this.#surplus.has(socket)
  }

  #opened(socket: Socket): void {
    // Already closed.
    if (socket.remoteAddress === undefined) return
    const address = addressGroup(socket.remoteAddress)
    const { all, ofAddress } = this.#maxima
    if (this.#open >= all || this.#ofAddress.of(address) >= ofAddress) {
      this.#refuse(socket)
      return
    }
    this.#open++
    this.#ofAddress.add(address, 1)
    socket.once('close', () => this.#closed(address))
  }

  #refuse(socket: Socket): void {
    if (this.#surplus.size >= this.#maxima.surplus) {
      socket.destroy()
      return
    }
    this.#surplus.add(socket)
    socket.once('close', () => this.#surplus.delete(socket))
  }

  #closed(address: string): void {
    this.#open--
    this.#ofAddress.add(address, -1)
  }
}
