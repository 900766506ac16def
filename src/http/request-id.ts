import { randomUUID } from 'node:crypto'

export const REQUEST_ID_HEADER = 'x-openstack-request-id'

/** As oslo.middleware has it: whatever else a caller sends could forge lines of our log. */
const GLOBAL_REQUEST_ID = /^req-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/

export function newRequestId(): string {
  return `req-${randomUUID()}`
}

/** The id that the caller gave to all requests it makes on behalf of one, if it is well-formed. */
export function globalRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && GLOBAL_REQUEST_ID.test(header) ? header : undefined
}
