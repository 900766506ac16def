import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export type CallKind = 'login' | 'validation' | 'revocations' | 'signature' | 'credential'

/** A server on loopback in Keystone's place. Counts the calls. */
export abstract class PlayedServer {
  logins = 0
  validations = 0
  /** Calls to verify a signature. */
  signatures = 0
  /** Calls for the secret of an EC2 credential. */
  credentials = 0
  /** The most calls in flight at once, of those that `holds` was told. */
  inFlightMax = 0
  #inFlight = 0
  #port = 0
  readonly #server = http.createServer((request, response) => {
    const kind = kindOf(request)
    if (kind === 'login') this.logins++
    if (kind === 'validation') this.validations++
    if (kind === 'signature') this.signatures++
    if (kind === 'credential') this.credentials++
    this.serve(request, response, kind)
  })

  protected abstract serve(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    kind: CallKind,
  ): void

  /** Counts a call as in flight until its response is closed. */
  protected holds(response: http.ServerResponse): void {
    this.inFlightMax = Math.max(this.inFlightMax, ++this.#inFlight)
    response.on('close', () => this.#inFlight--)
  }

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

function kindOf({ method, url }: http.IncomingMessage): CallKind {
  if (url?.endsWith('/ec2tokens')) return 'signature'
  if (url?.includes('/credentials/')) return 'credential'
  if (method === 'POST') return 'login'
  return url?.includes('/OS-REVOKE/') ? 'revocations' : 'validation'
}
