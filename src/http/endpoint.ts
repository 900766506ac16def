import type { Answer, Binding, Dispatch, Place, Route, UploadRoute, Wire } from '../dialect/wire.ts'
import { isLoopbackHost } from '../identity/loopback-host.ts'
import { createRequestContext, type Identity } from '../identity/request-context.ts'
import { MagnetoDBError } from '../model/errors.ts'
import { ONE_PIECE_BYTES_MAX } from '../model/steps.ts'
import type { Executor } from '../operations/execute.ts'
import { compressed } from './compress.ts'
import type { Exchange, Lifecycle } from './exchange.ts'
import type { Fault } from './fault.ts'
import { checkContentEncoding, checkSingleHeaders } from './request-headers.ts'
import { globalRequestId, REQUEST_ID_HEADER } from './request-id.ts'
import { Upload, type UploadTimes } from './upload.ts'

export interface EndpointParts {
  readonly fault: Fault
  readonly lifecycle: Lifecycle
  readonly executor: Executor
  /** Whether to serve only requests whose Host is a loopback name. Set if there is no
   * authentication. */
  readonly loopbackOnly: boolean
  /** Default: the constants of upload.ts. */
  readonly uploadTimes?: UploadTimes
}

/** A route's path and method, with the code that serves it. */
export interface Endpoint extends Place {
  readonly wire: Wire
  /** Authorizes, decodes, runs and answers, after the caller is identified. Rejects on failure. */
  serve(exchange: Exchange, parts: EndpointParts): Promise<void>
}

/*
 * The steps of a wire's request, in order: caller, path, policy, and only then the body.
 * transports.test.ts checks that both transports take the same steps.
 */

/** @throws MagnetoDBError `header_repeated` */
export function checkHeaders({ headerLines }: Exchange): void {
  checkSingleHeaders(headerLines)
}

/** @throws MagnetoDBError `path_malformed` or `not_loopback` */
export function checkPlace(exchange: Exchange, loopbackOnly: boolean): void {
  checkPath(exchange.path)
  if (loopbackOnly && !isLoopbackHost(exchange.header('host'))) {
    throw new MagnetoDBError({ is: 'not_loopback' })
  }
}

/** Placeholders that Python clients replace by names. */
const UNFILLED = /%[sd](?![0-9a-f])/i

/** @throws MagnetoDBError `path_malformed` */
export function checkPath(path: string): void {
  // An escape that is left after decoding is a slash, a percent sign or malformed.
  if (!path.includes('%')) return
  const [unfilled] = UNFILLED.exec(path) ?? []
  throw new MagnetoDBError({ is: 'path_malformed', unfilled })
}

/** Identifies the caller early if the route's wire knows it, or else notes the project that the
 * caller claims. Never throws. */
export function recognise(exchange: Exchange, wire: Wire): void {
  if (exchange.context !== undefined) return
  try {
    const identity = wire.known(exchange)
    if (identity !== undefined) admit(exchange, identity)
    else exchange.claimedProject = wire.claimedProject?.(exchange)
  } catch {
    // `authenticate` will throw the same error.
  }
}

/**
 * Identifies the caller, synchronously if the wire knows it.
 *
 * @returns undefined, or a promise to wait for
 * @throws MagnetoDBError, also as a rejection
 */
export function authenticate(exchange: Exchange): Promise<void> | undefined {
  const { wire, context } = exchange
  if (context !== undefined) return undefined
  const identity = wire.known(exchange) ?? wire.identify(exchange)
  if (identity instanceof Promise) return identity.then((found) => admit(exchange, found))
  admit(exchange, identity)
  return undefined
}

function admit(exchange: Exchange, identity: Identity): void {
  const globalId = globalRequestId(exchange.header(REQUEST_ID_HEADER))
  exchange.identified(createRequestContext(identity, exchange.requestId, globalId))
}

/** @throws MagnetoDBError `other_project` if the path names another project than the caller's */
export function scope(exchange: Exchange): void {
  const named = exchange.param('project_id')
  if (named !== undefined && named !== exchange.context?.projectId) {
    throw new MagnetoDBError({ is: 'other_project' })
  }
}

/** The last step. Answers failures, so never rejects. */
export async function serve(
  endpoint: Endpoint,
  exchange: Exchange,
  parts: EndpointParts,
): Promise<void> {
  try {
    await endpoint.serve(exchange, parts)
  } catch (error) {
    parts.fault.send(error, exchange)
  } finally {
    exchange.release()
  }
}

export function endpointsOf(wire: Wire): readonly Endpoint[] {
  const routes = wire.routes.map((route) => ({
    ...{ wire, method: route.method, path: route.path },
    serve: serveCall(route),
  }))
  const uploads = wire.uploads.map((route) => ({
    ...{ wire, method: route.method, path: route.path },
    serve: serveUpload(route),
  }))
  return [...routes, ...uploads]
}

function serveCall(route: Route | Dispatch): Endpoint['serve'] {
  const select = 'select' in route ? route.select.bind(route) : (): Binding => route
  return async (exchange, { executor }) => {
    const { operation, bodyBytesMax, decode, encode, refusal } = select(exchange)
    const call = executor.authorize(operation, callerOf(exchange), exchange)
    let command: unknown
    try {
      const { isCompressed = false } = exchange.wire
      if (!isCompressed) checkContentEncoding(exchange.header('content-encoding'))
      if (bodyBytesMax !== undefined) {
        const receiving = exchange.receive(bodyBytesMax)
        if (receiving instanceof Promise) await receiving
        const inflating = isCompressed ? exchange.inflate(bodyBytesMax) : undefined
        if (inflating) await inflating
      }
      const decoded = call.finish(decode(exchange))
      command = decoded instanceof Promise ? await decoded : decoded
    } catch (error) {
      throw call.failed(error)
    }
    const { contentType, isCompressed } = exchange.wire
    const deliver = (result: unknown): void | Promise<void> => {
      const body = call.finish(encode(result, exchange, command))
      return body instanceof Promise ? body.then(sendBody) : sendBody(body)
    }
    const send = (body: string | Buffer): void | Promise<void> => {
      const answer: Answer = { status: 200, contentType, body }
      const sent = isCompressed ? compressed(answer, exchange.header('accept-encoding')) : answer
      return sent instanceof Promise
        ? sent.then((small) => exchange.send(small))
        : exchange.send(sent)
    }
    /** A long text is encoded in one turn, and sent with its checksum in another. */
    const sendLong = async (body: string): Promise<void> => {
      await call.turn()
      const bytes = Buffer.from(body)
      await call.turn()
      await send(bytes)
    }
    const sendBody = (body: string): void | Promise<void> =>
      body.length > ONE_PIECE_BYTES_MAX ? sendLong(body) : send(body)
    try {
      await call.run(command, deliver)
    } catch (error) {
      if (!refusal || !(error instanceof MagnetoDBError)) throw error
      throw await call.finish(refusal(error, command))
    }
  }
}

/** Like `serveCall`, but the operation reads the body. */
function serveUpload({ operation, decode, encode }: UploadRoute): Endpoint['serve'] {
  return async (exchange, { executor, lifecycle, uploadTimes, fault }) => {
    const upload = new Upload(exchange, lifecycle, uploadTimes)
    try {
      const call = executor.authorize(operation, callerOf(exchange), exchange)
      let command: unknown
      try {
        checkContentEncoding(exchange.header('content-encoding'))
        command = decode(exchange, upload)
      } catch (error) {
        throw call.failed(error)
      }
      upload.finish(encode(await call.run(command)))
    } catch (error) {
      if (upload.progress !== undefined) fault.logUnfinished(error, exchange, upload.progress)
      throw error
    } finally {
      upload.close()
    }
  }
}

function callerOf({ context }: Exchange) {
  if (context === undefined) throw new Error('an endpoint was served to nobody')
  return context
}
