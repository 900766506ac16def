import http from 'node:http'
import { PlayedServer } from './played-server.ts'

/** Stands before a real Keystone: counts what is asked, and plays its being gone. */
export class CountingProxy extends PlayedServer {
  logins = 0
  validations = 0
  /** Signatures that were asked about. */
  signatures = 0
  /** Secrets of EC2 credentials that were asked for. */
  secrets = 0
  /** Lists of revocations that were answered. */
  revocationLists = 0
  /** Answers of Keystone's that are its own failures. */
  failures = 0
  /** The most validations that were under way at once. */
  inFlightMax = 0
  /** The token of the last caller that showed one. */
  callerToken = ''
  /** A caller with this token is shown to Keystone with one that it does not know. */
  spoiledToken: string | undefined
  /** Takes requests and never answers, as a stopped process does. */
  isSilent = false
  #inFlight = 0
  readonly #target: URL
  /** Keystone closes kept connections whenever it likes: whose request met that would be lost. */
  readonly #agent = new http.Agent()

  private constructor(target: string) {
    super()
    this.#target = new URL(target)
  }

  /** @param target the address of the v3 API */
  static async start(target: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(target)
    await proxy.listen()
    return proxy
  }

  override async stop(): Promise<void> {
    this.#agent.destroy()
    await super.stop()
  }

  protected override serve(request: http.IncomingMessage, response: http.ServerResponse): void {
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
