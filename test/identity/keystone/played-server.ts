import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on loopback in Keystone's place. */
export abstract class PlayedServer {
  #port = 0
  readonly #server = http.createServer((request, response) => this.serve(request, response))

  protected abstract serve(request: http.IncomingMessage, response: http.ServerResponse): void

  /** The address of the v3 API. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/v3`
  }

  /** Always at the same address. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Refuses connections until listen() is called again. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}
