import { Hono, type MiddlewareHandler } from 'hono'
import { JSON_TYPE } from '../dialect/wire.ts'
import { MagnetoDBError } from '../model/errors.ts'
import {
  authenticate,
  checkHeaders,
  checkPath,
  checkPlace,
  type Endpoint,
  type EndpointParts,
  scope,
  serve,
} from './endpoint.ts'
import type { ExchangeParts } from './exchange.ts'
import type { Fault } from './fault.ts'
import { BODILESS, FetchExchange, type HttpEnv } from './fetch-exchange.ts'
import { type Healthcheck, healthPages } from './pages/healthcheck.ts'
import { versionPages } from './pages/versions.ts'
import { REQUEST_ID_HEADER } from './request-id.ts'
import type { RouteTable } from './route-table.ts'

export type HttpApp = Hono<HttpEnv>
type Handler = MiddlewareHandler<HttpEnv>

export interface AppParts extends EndpointParts, ExchangeParts {
  readonly routes: RouteTable
  readonly healthcheck: Healthcheck
}

const ROUTED_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const NO_CONTENT = 204

/** All routes of the service: pages, which need no token, and those of the wires. */
export function createApp(parts: AppParts): HttpApp {
  const app: HttpApp = new Hono()
  app.use(exchanged(parts))
  app.route('/', versionPages())
  app.route('/', healthPages(parts.healthcheck))
  for (const endpoint of parts.routes.endpoints) {
    const steps = [placed(endpoint, parts), authenticated, scoped, served(endpoint, parts)]
    app.on(endpoint.method, [endpoint.path], ...steps)
  }
  app.onError((error, { var: { exchange } }) => {
    parts.fault.send(error, exchange)
    exchange.release()
    return exchange.response
  })
  app.notFound((c) => unrouted(app, c.var.exchange, parts.fault))
  return app
}

/** Gives every request its exchange and every response its id. */
function exchanged(parts: AppParts): Handler {
  return async (c, next) => {
    const exchange = new FetchExchange(c.req.raw, c.req.path, c.env ?? {}, parts)
    c.set('exchange', exchange)
    checkHeaders(exchange)
    await next()
    if (!exchange.isBegun) c.res = await completed(c.res, exchange, parts.fault)
  }
}

/** Adds length and id to a page's response, and logs a refusal. */
async function completed(
  response: Response,
  exchange: FetchExchange,
  fault: Fault,
): Promise<Response> {
  const { status } = response
  const body = Buffer.from(await response.arrayBuffer())
  fault.noteStatus(status, body.toString(), exchange)
  const headers = new Headers(response.headers)
  headers.set(REQUEST_ID_HEADER, exchange.requestId)
  if (BODILESS.includes(status)) return new Response(null, { status, headers })
  headers.set('Content-Length', `${body.length}`)
  return new Response(body, { status, headers })
}

function placed({ wire }: Endpoint, { loopbackOnly }: AppParts): Handler {
  return async (c, next) => {
    const { exchange } = c.var
    exchange.wire = wire
    exchange.route = { param: (name) => c.req.param(name) }
    checkPlace(exchange, loopbackOnly)
    await next()
  }
}

const authenticated: Handler = async ({ var: { exchange } }, next) => {
  await authenticate(exchange)
  await next()
}

const scoped: Handler = async ({ var: { exchange } }, next) => {
  scope(exchange)
  await next()
}

/** The response of an upload starts before the operation ends, to report progress. */
function served(endpoint: Endpoint, parts: AppParts): Handler {
  return ({ var: { exchange } }) => {
    void serve(endpoint, exchange, parts)
    return exchange.response
  }
}

/** 404 for an unknown path, else 405 or the answer to OPTIONS with the allowed methods. */
function unrouted(app: HttpApp, exchange: FetchExchange, fault: Fault): Promise<Response> {
  const { path, method } = exchange
  checkPath(path)
  const methods: string[] = ROUTED_METHODS.filter((each) =>
    app.router.match(each, path)[0].some(([[, route]]) => route.method !== 'ALL'),
  )
  if (methods.length === 0) throw new MagnetoDBError({ is: 'route_not_found' })
  if (methods.includes('GET')) methods.push('HEAD')
  const headers = { Allow: methods.join(', ') }
  const answer =
    method === 'OPTIONS'
      ? { status: NO_CONTENT, contentType: JSON_TYPE, body: '' }
      : exchange.wire.encodeError(new MagnetoDBError({ is: 'method_not_allowed', method }))
  fault.sendAsIs({ ...answer, headers }, exchange)
  return exchange.response
}
