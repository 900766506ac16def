import type { RequestContext } from '../identity/request-context.ts'
import type { Operation } from '../operations/operation.ts'
import {
  ANSWERED,
  contextOf,
  credentialsOf,
  type EndpointParts,
  type HttpContext,
  type ProjectRequest,
  requestWithin,
} from './endpoint.ts'
import { Exchange } from './exchange.ts'
import { checkContentEncoding } from './request-headers.ts'
import { Upload } from './upload.ts'

/** A POST whose operation works on the body while it comes. */
export interface UploadRoute<Command = unknown, Result = unknown> {
  /** With `:project_id` and perhaps `:table_name`. */
  readonly path: string
  readonly operation: Operation<Command, Result>
  decode(request: ProjectRequest, upload: Upload): Command
  /** The JSON text of the answer, or of its last line. */
  encode(result: Result): string
}

/** As `projectEndpoint`, but for the body, which is left to the operation. */
export function uploadEndpoint<Command, Result>(
  route: UploadRoute<Command, Result>,
  parts: EndpointParts,
): (c: HttpContext) => Promise<Response> {
  const { fault, lifecycle } = parts
  return async (c) => {
    const exchange = new Exchange(c.env.incoming, c.env.outgoing, lifecycle)
    try {
      const { token, asked } = credentialsOf(parts, c, exchange)
      const identity = await parts.authenticator.authenticate(token, asked)
      await serveUpload(route, parts, c, exchange, contextOf(identity, exchange))
    } catch (error) {
      fault.send(error, exchange)
    }
    return ANSWERED
  }
}

async function serveUpload<Command, Result>(
  route: UploadRoute<Command, Result>,
  parts: EndpointParts,
  c: HttpContext,
  exchange: Exchange,
  context: RequestContext,
): Promise<void> {
  const request = requestWithin(context, parts, c, exchange)
  const upload = new Upload(exchange, parts.lifecycle, parts.uploadTimes)
  try {
    exchange.wire = parts.wire
    const call = parts.executor.authorize(route.operation, context, exchange)
    let command: Command
    try {
      checkContentEncoding(exchange.incoming)
      command = route.decode(request, upload)
    } catch (error) {
      throw call.failed(error)
    }
    upload.finish(route.encode(await call.run(command)))
  } catch (error) {
    if (upload.progress !== undefined) parts.fault.logUnfinished(error, exchange, upload.progress)
    throw error
  } finally {
    upload.close()
  }
}
