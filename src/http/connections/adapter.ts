import type { IncomingMessage } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { HttpApp } from '../app.ts'
import type { NodeExchange } from '../node-exchange.ts'
import type { GateParts, PageListener } from './gate.ts'

/** Serves the app through @hono/node-server. Responses are sent like all other answers, so the same
 * limits apply: drain, unread bodies, slow readers. */
export function adapted(app: HttpApp, { fault }: GateParts): PageListener {
  const exchanges = new WeakMap<IncomingMessage, NodeExchange>()
  const serve = async (request: Request, { incoming }: HttpBindings) => {
    const exchange = exchanges.get(incoming) as NodeExchange
    try {
      const { requestId } = exchange
      const host = exchange.header('host')
      const response = await app.fetch(request, { incoming, requestId, host })
      const body = Buffer.from(await response.arrayBuffer())
      if (!exchange.isGone) exchange.sendFields(response.status, orderedFields(response), body)
    } catch (error) {
      fault.send(error, exchange)
    }
    return RESPONSE_ALREADY_SENT
  }
  // All requests are HTTP/1, since the gate refuses others.
  const listener = getRequestListener(
    (request, bindings) => serve(request, bindings as HttpBindings),
    { overrideGlobalObjects: false, autoCleanupIncoming: false },
  )
  return (exchange, url) => {
    const { incoming, outgoing } = exchange
    exchanges.set(incoming, exchange)
    // Absolute, so that the adapter uses it unchanged and requires no Host.
    incoming.url = url
    void listener(incoming, outgoing)
  }
}

/** Headers in the order and spelling of all other answers. */
function orderedFields({ headers }: Response): string[] {
  const first = FIRST_FIELDS.filter((name) => headers.has(name))
  const others = [...headers.keys()].filter((name) => !FIRST_FIELDS.includes(name))
  return [...first, ...others].flatMap((name) => [spelt(name), headers.get(name) ?? ''])
}

const FIRST_FIELDS = ['content-type', 'x-openstack-request-id', 'content-length']

/** `content-type` as `Content-Type`. Names with `x-` stay in lower case. */
function spelt(name: string): string {
  return name.startsWith('x-') ? name : name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
}
