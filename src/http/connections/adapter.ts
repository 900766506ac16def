import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { HttpApp } from '../app.ts'
import { NodeExchange } from '../node-exchange.ts'
import type { GateParts, Listener } from './gate.ts'

/**
 * The app behind @hono/node-server, which makes a `Request` of what arrives. The `Response` is sent
 * like every other answer, so that what bounds those bounds this one: a drain, bodies that nobody
 * has read, slow readers.
 */
export function adapted(app: HttpApp, parts: GateParts): Listener {
  const serve = async (request: Request, { incoming, outgoing }: HttpBindings) => {
    const exchange = new NodeExchange(incoming, outgoing, parts)
    try {
      const { requestId } = exchange
      const response = await app.fetch(request, { incoming, requestId })
      const body = Buffer.from(await response.arrayBuffer())
      if (!exchange.isGone) exchange.sendFields(response.status, fieldsOf(response), body)
    } catch (error) {
      parts.fault.send(error, exchange)
    }
    return RESPONSE_ALREADY_SENT
  }
  // The gate hands it requests of HTTP/1 only.
  return getRequestListener((request, bindings) => serve(request, bindings as HttpBindings), {
    overrideGlobalObjects: false,
    autoCleanupIncoming: false,
  })
}

/** In the order and the spelling of all other answers. */
function fieldsOf({ headers }: Response): string[] {
  const first = FIRST_FIELDS.filter((name) => headers.has(name))
  const others = [...headers.keys()].filter((name) => !FIRST_FIELDS.includes(name))
  return [...first, ...others].flatMap((name) => [spelt(name), headers.get(name) ?? ''])
}

const FIRST_FIELDS = ['content-type', 'x-openstack-request-id', 'content-length']

/** `content-type` as `Content-Type`; what begins with an x is left in lower case. */
function spelt(name: string): string {
  return name.startsWith('x-') ? name : name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
}
