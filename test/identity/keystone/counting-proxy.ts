import http from 'node:http'
import { type CallKind, PlayedServer } from './played-server.ts'

/** A proxy before a real Keystone, which can make it unreachable. */
export class CountingProxy extends PlayedServer {
  /** Lists of revocations with an answer. */
  revocationLists = 0
  /** Answers with which Keystone reports its own failure. */
  failures = 0
  /** The token in the last call that had one. */
  callerToken = ''
  /** Calls with this token are forwarded with a token that Keystone does not know. */
  spoiledToken: string | undefined
  /** Accepts requests but never answers, like a stopped process. */
  isSilent = false
  readonly #target: URL
  /** Without keep-alive, because Keystone may close an idle connection just as a request uses
   * it. */
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

  protected override serve(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    kind: CallKind,
  ): void {
    if (kind === 'validation') this.holds(response)
    this.callerToken = String(request.headers['x-auth-token'] ?? this.callerToken)
    if (this.callerToken === this.spoiledToken) request.headers['x-auth-token'] = 'spoiled'
    request.on('error', () => undefined)
    if (this.isSilent) return
    const { hostname: host, port } = this.#target
    const { method, url: path, headers } = request
    const forwarded = http.request({ host, port, method, path, headers, agent: this.#agent })
    forwarded.on('response', (answer) => {
      if (kind === 'revocations') this.revocationLists++
      const status = answer.statusCode ?? 502
      if (status >= 500) this.failures++
      response.writeHead(status, answer.headers)
      answer.pipe(response)
    })
    forwarded.on('error', () => response.destroy())
    response.on('close', () => forwarded.destroy())
    request.pipe(forwarded)
  }
}
