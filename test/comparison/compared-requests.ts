import type { Seeded } from '../seeded.ts'
import { HOSTILE_PATH, hostileRequest } from '../support/hostile/requests.ts'

export interface ComparedRequest {
  /** The operation that it was made for, or `page`. */
  readonly operation: string
  readonly bytes: Buffer
  /** False if a server may have to wait for more of it. */
  readonly isWhole: boolean
}

/** One request in so many is for a page, an unknown path, or a body that is too long. */
const PAGE_EVERY = 12
const METHODS = ['GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']
const TARGETS = [
  ...['/', '//', '/v1', '/v1/', '/v2', '/healthcheck', '/healthcheck/x', '/nowhere', '*'],
  ...['/healthcheck?fullcheck=true', '/v1/data', HOSTILE_PATH],
  ...['tables', 'tables/', 'tables/thread', 'tables/thread/get_item', 'tables/thread/nothing'].map(
    (path) => `${HOSTILE_PATH}/${path}`,
  ),
]
const LINES = [
  ...['Host: localhost', 'Host: db.example.org:8480', 'Content-Length: 0'],
  ...['Content-Length: 100000000', 'X-Auth-Token: tester:hostile'],
  ...['X-Auth-Token: tester:hostile:member', 'X-Forwarded-Proto: https', 'Accept: text/html'],
  'If-None-Match: *',
]

/** Valid requests, such with something done to them, and those that no operation is asked by. */
export function comparedRequest(random: Seeded): ComparedRequest {
  if (random.below(PAGE_EVERY) === 0) return pageRequest(random)
  const request = hostileRequest(random)
  // An item that expires during the run would be there for one build and gone for the other.
  const text = request.bytes.toString('latin1').replace(/("time_to_live":)\d(?=[,}])/g, '$10')
  return { ...request, bytes: Buffer.from(text, 'latin1') }
}

function pageRequest(random: Seeded): ComparedRequest {
  const lines = [
    `${random.pick(METHODS)} ${random.pick(TARGETS)} HTTP/1.${random.below(8) ? 1 : 0}`,
    'Connection: close',
    ...LINES.filter((_, index) => random.below(index === 0 ? 8 : 4) < (index === 0 ? 7 : 1)),
  ]
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  return { operation: 'page', bytes, isWhole: !bytes.includes('Length: 1') }
}
