import type { Seeded } from '../seeded.ts'
import { HOSTILE_PATH, hostileRequest } from '../support/hostile/requests.ts'

export interface ComparedRequest {
  /** The operation, or `page`. */
  readonly operation: string
  readonly bytes: Buffer
  /** False if a server may wait for the rest of the request. */
  readonly isWhole: boolean
}

/** One of this many requests is for a page, an unknown path, or has too long a body. */
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

/** A valid request, a mutated one, or one that no operation serves. */
export function comparedRequest(random: Seeded): ComparedRequest {
  if (random.below(PAGE_EVERY) === 0) return pageRequest(random)
  const request = hostileRequest(random)
  // Prevents an item from expiring during the run, for one build sooner than for the other.
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
