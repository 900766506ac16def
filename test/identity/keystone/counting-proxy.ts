import { once } from 'node:events'
import http from 'node:http'
import { freePort } from '../../stack/ports.ts'

/** A proxy before a real Keystone. Counts the calls and can make Keystone unreachable. */
export class CountingProxy {
  logins = 0
  validations = 0
  /** Calls to verify a signature. */
  signatures = 0
  /** Calls for the secret of an EC2 credential. */
  secrets = 0
  /** Lists of revocations with an answer. */
  revocationLists = 0
  /** Answers with which Keystone reports its own failure. */
  failures = 0
  /** The most validations in flight at once. */
  inFlightMax = 0
  /** The token in the last call that had one. */
  callerToken = ''
  /** Calls with this token are forwarded with a token that Keystone does not know. */
  spoiledToken: string | undefined
  /** Accepts requests but never answers, like a stopped process. */
  isSilent = false
  #inFlight = 0
  readonly #target: URL
  readonly #server = http.createServer((request, response) => this.#serve(request, response))
  /** Without keep-alive, because Keystone may close an idle connection just as a request uses
   * it. */
  readonly #agent = new http.Agent()
  readonly #port: number

  private constructor(target: string, port: number) {
    this.#target = new URL(target)
    this.#port = port
  }

  /** @param target the address of the v3 API */
  static async start(target: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(target, await freePort())
    await proxy.listen()
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/v3`
  }

  async listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Refuses connections until listen() is called again. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    this.#agent.destroy()
    await once(this.#server, 'close')
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.#count(request, response)
    this.callerToken = String(request.headers['x-auth-token'] ?? this.callerToken)
    if (this.callerToken === this.spoiledToken) request.headers['x-auth-token'] = 'spoiled'
    request.on('error', () => undefined)
    if (this.isSilent) return
    const { hostname: host, port } = this.#target
    const { method, url: path, headers } = request
    const forwarded = http.request({ host, port, method, path, headers, agent: this.#agent })
    forwarded.on('response', (answer) => {
      if (request.url?.startsWith('/v3/OS-REVOKE/')) this.revocationLists++
      const status = answer.statusCode ?? 502
      if (status >= 500) this.failures++
      response.writeHead(status, answer.headers)
      answer.pipe(response)
    })
    forwarded.on('error', () => response.destroy())
    response.on('close', () => forwarded.destroy())
    request.pipe(forwarded)
  }

  #count({ method, url }: http.IncomingMessage, response: http.ServerResponse): void {
    if (url?.startsWith('/v3/ec2tokens')) this.signatures++
    else if (url?.startsWith('/v3/credentials/')) this.secrets++
    else if (method === 'POST') this.logins++
    else if (url?.startsWith('/v3/auth/tokens')) this.#countValidation(response)
  }

  #countValidation(response: http.ServerResponse): void {
    this.validations++
    this.inFlightMax = Math.max(this.inFlightMax, ++this.#inFlight)
    response.on('close', () => this.#inFlight--)
  }
}
