import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from 'hono'
import type { AuthenticatedRequest, Authenticator } from '../identity/authenticator.ts'
import { isLoopbackHost } from '../identity/loopback-host.ts'
import {
  createRequestContext,
  type Identity,
  type RequestContext,
} from '../identity/request-context.ts'
import { MagnetoDBError } from '../model/errors.ts'
import type { Executor } from '../operations/execute.ts'
import type { Operation } from '../operations/operation.ts'
import type { BodyReceiver } from './body.ts'
import { type Answer, Exchange, JSON_TYPE, type Lifecycle } from './exchange.ts'
import type { Fault } from './fault.ts'
import { publicUrl } from './public-url.ts'
import { checkContentEncoding, checkSingleHeaders, singleHeader } from './request-headers.ts'
import { globalRequestId, REQUEST_ID_HEADER } from './request-id.ts'
import type { UploadTimes } from './upload.ts'

/** What Hono carries for us: Node's own objects. */
export interface HttpEnv {
  Bindings: { incoming: IncomingMessage; outgoing: ServerResponse }
}
export type HttpContext = Context<HttpEnv>

/** Hono wants one from every handler; the answer itself is sent by the `Exchange`. */
export const ANSWERED = new Response(null)

/** A request of a project, as a wire decodes it. */
export interface ProjectRequest {
  readonly projectId: string
  /** The path's `:table_name`; empty where the path has none. */
  readonly tableName: string
  readonly query: URLSearchParams
  /** As it was received; a GET has an empty one. */
  readonly body: Buffer
  /** `http://host:port/v1/data/<project>/tables`, for links. */
  readonly tablesUrl: string
}

/** One route of a wire: everything about it that is not HTTP. */
export interface Route<Command = unknown, Result = unknown> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With `:project_id` and perhaps `:table_name`. */
  readonly path: string
  readonly operation: Operation<Command, Result>
  readonly bodyBytesMax: number
  decode(request: ProjectRequest): Command
  /** The JSON text of the answer. */
  encode(result: Result, request: ProjectRequest): string
}

export interface EndpointParts {
  readonly lifecycle: Lifecycle
  readonly fault: Fault
  readonly receiver: BodyReceiver
  /** Of uploads; unset, as upload.ts has them. */
  readonly uploadTimes?: UploadTimes
  readonly authenticator: Authenticator
  /** What clients find these endpoints by in the catalog; unset, as the data API. */
  readonly serviceType?: string
  readonly executor: Executor
  /** As logs name what these endpoints speak. */
  readonly wire: string
  readonly publicEndpoint: string | undefined
  /** Without authentication only callers that name this machine by a loopback name are served. */
  readonly loopbackOnly: boolean
}

/**
 * The way of every request of a project, composed once per route. Its order is its meaning: who
 * calls is settled before what the path names, that before the policy, and only then is the body
 * received and looked at.
 */
export function projectEndpoint<Command, Result>(
  route: Route<Command, Result>,
  parts: EndpointParts,
): (c: HttpContext) => Promise<Response> {
  const { fault, lifecycle, receiver, authenticator } = parts
  return async (c) => {
    const exchange = new Exchange(c.env.incoming, c.env.outgoing, lifecycle)
    try {
      const { token, asked } = credentialsOf(parts, c, exchange)
      const identity =
        authenticator.known(token, asked) ?? (await authenticator.authenticate(token, asked))
      const context = contextOf(identity, exchange)
      const request = requestWithin(context, parts, c, exchange)
      try {
        exchange.wire = parts.wire
        const call = parts.executor.authorize(route.operation, context, exchange)
        let command: Command
        try {
          checkContentEncoding(exchange.incoming)
          if (route.method === 'POST') {
            request.body = await receiver.receive(exchange, route.bodyBytesMax)
            exchange.bytesIn = request.body.length
          }
          command = route.decode(request)
        } catch (error) {
          throw call.failed(error)
        }
        const result = await call.run(command)
        const body = route.encode(result, request)
        exchange.send({ status: 200, contentType: JSON_TYPE, body })
      } finally {
        receiver.release(request.body)
      }
    } catch (error) {
      fault.send(error, exchange)
    }
    return ANSWERED
  }
}

/** What a request shows of who calls. */
export function credentialsOf(
  { serviceType, loopbackOnly }: Pick<EndpointParts, 'serviceType' | 'loopbackOnly'>,
  c: HttpContext,
  { incoming }: Exchange,
): { readonly token: string | undefined; readonly asked: AuthenticatedRequest } {
  checkSingleHeaders(incoming)
  const { path } = c.req
  // What is still encoded after decoding is no part of any name: a slash, a percent sign, rubbish.
  if (path.includes('%')) throw new MagnetoDBError({ is: 'path_malformed' })
  if (loopbackOnly && !isLoopbackHost(incoming.headers.host)) {
    throw new MagnetoDBError({ is: 'not_loopback' })
  }
  const asked = {
    method: incoming.method ?? '',
    path,
    serviceType,
    address: incoming.socket.remoteAddress,
    forwardedFor: singleHeader(incoming, 'x-forwarded-for'),
    serviceToken: singleHeader(incoming, 'x-service-token'),
  }
  return { token: singleHeader(incoming, 'x-auth-token'), asked }
}

/** The caller of a request, with the ids of that. */
export function contextOf(identity: Identity, { incoming, requestId }: Exchange): RequestContext {
  const globalId = globalRequestId(incoming.headers[REQUEST_ID_HEADER])
  return createRequestContext(identity, requestId, globalId)
}

/** @throws MagnetoDBError `other_project` where the path is in another project than the caller */
export function requestWithin(
  context: RequestContext,
  { publicEndpoint }: EndpointParts,
  c: HttpContext,
  exchange: Exchange,
): ReceivedRequest {
  exchange.context = context
  const request = new ReceivedRequest(c, publicEndpoint)
  if (request.projectId !== context.projectId) {
    throw new MagnetoDBError({ is: 'other_project' })
  }
  return request
}

/** An endpoint that anybody may ask and that takes no body. */
export function openEndpoint(
  { lifecycle, fault }: Pick<EndpointParts, 'lifecycle' | 'fault'>,
  answer: (c: HttpContext) => Answer | Promise<Answer>,
): (c: HttpContext) => Promise<Response> {
  return async (c) => {
    const exchange = new Exchange(c.env.incoming, c.env.outgoing, lifecycle)
    try {
      checkSingleHeaders(c.env.incoming)
      fault.sendAsIs(await answer(c), exchange)
    } catch (error) {
      fault.send(error, exchange)
    }
    return ANSWERED
  }
}

const NO_BODY = Buffer.alloc(0)

class ReceivedRequest implements ProjectRequest {
  readonly projectId: string
  body: Buffer = NO_BODY
  readonly #c: HttpContext
  readonly #publicEndpoint: string | undefined

  constructor(c: HttpContext, publicEndpoint: string | undefined) {
    this.#c = c
    this.projectId = c.req.param('project_id') ?? ''
    this.#publicEndpoint = publicEndpoint
  }

  get tableName(): string {
    return this.#c.req.param('table_name') ?? ''
  }

  get query(): URLSearchParams {
    const { url = '' } = this.#c.env.incoming
    const start = url.indexOf('?')
    return new URLSearchParams(start === -1 ? '' : url.slice(start + 1))
  }

  get tablesUrl(): string {
    const base = publicUrl(this.#publicEndpoint, this.#c.env.incoming)
    return `${base}/v1/data/${this.projectId}/tables`
  }
}
