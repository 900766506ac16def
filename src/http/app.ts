import { Hono } from 'hono'
import { MagnetoDBError } from '../model/errors.ts'
import {
  type EndpointParts,
  type HttpContext,
  type HttpEnv,
  openEndpoint,
  projectEndpoint,
  type Route,
} from './endpoint.ts'
import { type Answer, JSON_TYPE } from './exchange.ts'
import { type Healthcheck, UNKNOWN_HEALTHCHECK } from './pages/healthcheck.ts'
import { versionDocument, versionsDocument } from './pages/versions.ts'
import { publicUrl } from './public-url.ts'
import { type UploadRoute, uploadEndpoint } from './upload-endpoint.ts'

export type HttpApp = Hono<HttpEnv>

export interface AppParts extends EndpointParts {
  readonly routes: readonly Route[]
  readonly uploads: readonly UploadRoute[]
  readonly healthcheck: Healthcheck
}

const ROUTED_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const NO_CONTENT = 204

/** Every route of the service. */
export function createApp(parts: AppParts): HttpApp {
  const app: HttpApp = new Hono()
  const { fault, lifecycle, healthcheck } = parts
  const open = (answer: (c: HttpContext) => Answer | Promise<Answer>) =>
    openEndpoint({ fault, lifecycle }, answer)
  const baseUrl = (c: HttpContext) => publicUrl(parts.publicEndpoint, c.env.incoming)

  app.get(
    '/',
    open((c) => versionsDocument(baseUrl(c))),
  )
  app.on(
    'GET',
    ['/v1', '/v1/'],
    open((c) => versionDocument(baseUrl(c))),
  )
  app.get(
    '/healthcheck',
    open((c) => healthcheck.answer(c.env.incoming.method ?? '', c.req.query('fullcheck'))),
  )
  app.get(
    '/healthcheck/*',
    open(() => UNKNOWN_HEALTHCHECK),
  )
  for (const route of parts.routes) app.on(route.method, route.path, projectEndpoint(route, parts))
  for (const route of parts.uploads) app.post(route.path, uploadEndpoint(route, parts))
  // Endpoints send their failures themselves; any other is for whoever called Hono.
  app.onError((error) => {
    throw error
  })
  app.notFound(open((c) => unrouted(app, c, fault.encodeError)))
  return app
}

/** 404 for a path that nobody serves; else what it may be asked by, as the routes have it. */
function unrouted(
  app: HttpApp,
  c: HttpContext,
  encodeError: (error: MagnetoDBError) => Answer,
): Answer {
  const { path } = c.req
  if (path.includes('%')) throw new MagnetoDBError({ is: 'path_malformed' })
  const methods: string[] = ROUTED_METHODS.filter(
    (method) => app.router.match(method, path)[0].length > 0,
  )
  if (methods.length === 0) {
    throw new MagnetoDBError({ is: 'route_not_found' })
  }
  if (methods.includes('GET')) methods.push('HEAD')
  const headers = { Allow: methods.join(', ') }
  const method = c.env.incoming.method ?? ''
  if (method === 'OPTIONS') return { status: NO_CONTENT, contentType: JSON_TYPE, body: '', headers }
  const error = new MagnetoDBError({ is: 'method_not_allowed', method })
  return { ...encodeError(error), headers }
}
