import { getPath } from 'hono/utils/url'

/** A target without dot segments, escapes and other things that a URL parser would change. */
const PLAIN_TARGET = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*\/?(?:\?[A-Za-z0-9_.~=&-]*)?$/
/** Stands in every URL for whatever the request line and the Host header say. */
const ORIGIN = 'http://localhost'

/** What a request asks for, normalised once for routing and authorization. */
export interface Target {
  /** Percent-decoded as Hono decodes it. What is encoded twice keeps a `%`. */
  readonly path: string
  /** Absolute, and still encoded. */
  readonly url: string
}

/** Undefined where the request line's target is malformed. */
export function targetOf(requestTarget: string): Target | undefined {
  if (PLAIN_TARGET.test(requestTarget)) {
    const end = requestTarget.indexOf('?')
    const path = end === -1 ? requestTarget : requestTarget.slice(0, end)
    return { path, url: ORIGIN + requestTarget }
  }
  const absolute = requestTarget.startsWith('/') ? ORIGIN + requestTarget : requestTarget
  if (requestTarget.includes('\\') || !URL.canParse(absolute)) return undefined
  const { pathname, search } = new URL(absolute)
  if (!pathname.startsWith('/')) return undefined
  const url = ORIGIN + pathname + search
  return { path: getPath({ url } as Request), url }
}
