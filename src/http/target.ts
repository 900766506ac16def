import { getPath } from 'hono/utils/url'

/** A target without dot segments, escapes and other things that a URL parser would change. */
const PLAIN_TARGET = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*\/?(?:\?[A-Za-z0-9_.~=&-]*)?$/
/** In absolute form: its authority, and the rest. A proxy that ends TLS may leave `https` there. */
const ABSOLUTE_TARGET = /^https?:\/\/([^/?@]+)([/?].*)?$/is
/** Stands in every URL for whatever the request line and the Host header say. */
const ORIGIN = 'http://localhost'

/** What a request asks for, normalised once for routing and authorization. */
export interface Target {
  /** Percent-decoded as Hono decodes it. What is encoded twice keeps a `%`. */
  readonly path: string
  /** Absolute, and still encoded. */
  readonly url: string
  /** Of a target in absolute form: it stands in place of the Host header. */
  readonly authority?: string
}

/** Undefined where the request line's target is malformed, or of another form than these two. */
export function targetOf(requestTarget: string): Target | undefined {
  if (PLAIN_TARGET.test(requestTarget)) {
    const end = requestTarget.indexOf('?')
    const path = end === -1 ? requestTarget : requestTarget.slice(0, end)
    return { path, url: ORIGIN + requestTarget }
  }
  // A fragment is no part of a target, and URL parsers read a backslash as a slash.
  if (/[\\#]/.test(requestTarget)) return undefined
  if (requestTarget.startsWith('/')) return normalised(requestTarget)
  const [isAbsolute, authority = '', rest = '/'] = ABSOLUTE_TARGET.exec(requestTarget) ?? []
  if (isAbsolute === undefined || !URL.canParse(requestTarget)) return undefined
  const target = normalised(rest.startsWith('/') ? rest : `/${rest}`)
  return target && { ...target, authority }
}

function normalised(originForm: string): Target | undefined {
  const absolute = ORIGIN + originForm
  if (!URL.canParse(absolute)) return undefined
  const { pathname, search } = new URL(absolute)
  const url = ORIGIN + pathname + search
  return { path: getPath({ url } as Request), url }
}
