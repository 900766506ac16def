/**
 * An application credential may be limited to some requests. Patterns as Keystone documents them:
 * `*` and `{name}` stand for one or more characters other than `/`, `**` for any number of any
 * characters; everything else, dots included, stands for itself.
 */

/** Of a token's patterns for one service together; more allow nothing. Each part that is tried
 * costs time at every request, and whoever has the token has written them. */
const PATTERN_PARTS_MAX = 500
/** Longer than any route; longer paths match nothing. */
const PATH_CHARACTERS_MAX = 512

export interface AccessRule {
  readonly service: string
  readonly method: string
  readonly path: string
}

/** The rules of one token. */
export interface AccessRules {
  allows(serviceType: string, method: string, path: string): boolean
}

export function compileAccessRules(rules: readonly AccessRule[]): AccessRules {
  const services = new Map<string, CompiledRules>()
  for (const { service, method, path } of rules) {
    const compiled = services.get(service) ?? { rules: [], parts: 0 }
    services.set(service, compiled)
    const pattern = parsePattern(path)
    compiled.rules.push({ method, pattern })
    compiled.parts += pattern?.length ?? 0
  }
  return {
    allows(serviceType, method, path) {
      const compiled = services.get(serviceType)
      return (
        compiled !== undefined &&
        compiled.parts <= PATTERN_PARTS_MAX &&
        path.length <= PATH_CHARACTERS_MAX &&
        compiled.rules.some((rule) => rule.method === method && matches(rule.pattern, path))
      )
    },
  }
}

/** Those for one service. */
interface CompiledRules {
  readonly rules: {
    readonly method: string
    readonly pattern: readonly PatternPart[] | undefined
  }[]
  parts: number
}

const NAME = Symbol('*')
const ANY = Symbol('**')
type PatternPart = string | typeof NAME | typeof ANY

/** @returns undefined, which matches nothing, for a pattern with unpaired braces */
function parsePattern(pattern: string): readonly PatternPart[] | undefined {
  const parts: PatternPart[] = []
  for (const [part] of pattern.matchAll(/\*\*|\*|\{[^}]*\}|[^{}*]+|[{}]/g)) {
    if (part === '{' || part === '}') return undefined
    if (part === '**') parts.push(ANY)
    else parts.push(part === '*' || part.startsWith('{') ? NAME : part)
  }
  return parts
}

/**
 * Keeps the set of places that the parts so far can end at: the time is bounded by parts times
 * characters whatever the pattern, as no backtracking match's is.
 */
function matches(parts: readonly PatternPart[] | undefined, path: string): boolean {
  if (parts === undefined) return false
  let ends = new Uint8Array(path.length + 1)
  ends[0] = 1
  for (const part of parts) ends = advance(ends, part, path)
  return ends[path.length] === 1
}

function advance(starts: Uint8Array, part: PatternPart, path: string): Uint8Array<ArrayBuffer> {
  const ends = new Uint8Array(starts.length)
  if (typeof part === 'string') {
    for (let at = starts.indexOf(1); at !== -1; at = starts.indexOf(1, at + 1)) {
      if (path.startsWith(part, at)) ends[at + part.length] = 1
    }
  } else if (part === ANY) {
    const first = starts.indexOf(1)
    if (first !== -1) ends.fill(1, first)
  } else {
    let isInside = false
    for (let at = 0; at < path.length; at++) {
      isInside = (isInside || starts[at] === 1) && path[at] !== '/'
      if (isInside) ends[at + 1] = 1
    }
  }
  return ends
}
