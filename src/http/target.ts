import { getPath } from 'hono/utils/url'

/** A target that a URL parser would not change: without dot segments, escapes and the like. */
const PLAIN_TARGET = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*\/?(?:\?[A-Za-z0-9_.~=&-]*)?$/
/** Absolute form: authority and rest. A proxy that ends TLS may leave `https`. */
const ABSOLUTE_TARGET = /^https?:\/\/([^/?@]+)([/?].*)?$/is
/** Placeholder for the host in URLs. */
const ORIGIN = 'http://localhost'

/** The resource of a request, normalised once for routing and authorization. */
export interface Target {
  /** Percent-decoded like Hono does. Double encoding leaves a `%`. */
  readonly path: string
  /** Absolute, not decoded. */
  readonly url: string
  /** Of a target in absolute form; overrides the Host header. */
  readonly authority?: string
}

/** Undefined if the target is malformed, or of another form than origin or absolute. */
export function targetOf(requestTarget: string): Target | undefined {
  if (PLAIN_TARGET.test(requestTarget)) {
    const end = requestTarget.indexOf('?')
    const path = end === -1 ? requestTarget : requestTarget.slice(0, end)
    return { path, url: ORIGIN + requestTarget }
  }
  // Targets have no fragment, and URL parsers read a backslash as a slash.
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
