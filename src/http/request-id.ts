import { randomUUID } from 'node:crypto'

export const REQUEST_ID_HEADER = 'x-openstack-request-id'

/** The form in oslo.middleware. Other values could forge lines of the log. */
const GLOBAL_REQUEST_ID = /^req-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/

export function newRequestId(): string {
  return `req-${randomUUID()}`
}

/** The client's id for all requests of one action, if it is well-formed. */
export function globalRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && GLOBAL_REQUEST_ID.test(header) ? header : undefined
}
