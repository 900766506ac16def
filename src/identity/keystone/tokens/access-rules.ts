/**
 * Access rules limit an application credential to some requests. In Keystone's patterns `*` and
 * `{name}` match one or more characters other than `/`, `**` matches any characters, and all other
 * characters match themselves.
 */

/** Parts of a token's patterns for one service. Rules with more allow nothing. */
const PATTERN_PARTS_MAX = 500
/** Steps of matching one request. They are limited because callers choose the patterns. One step
 * takes about ten nanoseconds, and the pattern of a route ten steps per part. Rules not reached
 * within the limit allow nothing. */
const STEPS_MAX = 20_000
const STEPS_PER_PART = 8
/** Characters of a path. Longer ones match nothing; no route has so many. */
const PATH_CHARACTERS_MAX = 512

export interface AccessRule {
  readonly service: string
  readonly method: string
  readonly path: string
}

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
      const work: Work = { left: STEPS_MAX }
      return (
        compiled !== undefined &&
        compiled.parts <= PATTERN_PARTS_MAX &&
        path.length <= PATH_CHARACTERS_MAX &&
        compiled.rules.some((rule) => rule.method === method && matches(rule.pattern, path, work))
      )
    },
  }
}

/** Steps left for a request. */
interface Work {
  left: number
}

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

/** Undefined for a pattern with unpaired braces, which matches nothing. */
function parsePattern(pattern: string): readonly PatternPart[] | undefined {
  const parts: PatternPart[] = []
  for (const [part] of pattern.matchAll(/\*\*|\*|\{[^}]*\}|[^{}*]+|[{}]/g)) {
    if (part === '{' || part === '}') return undefined
    if (part === '**') parts.push(ANY)
    else parts.push(part === '*' || part.startsWith('{') ? NAME : part)
  }
  return parts
}

/** Tracks the set of positions at which the parts so far may end. So the time is at most parts
 * times characters, without backtracking. */
function matches(parts: readonly PatternPart[] | undefined, path: string, work: Work): boolean {
  if (parts === undefined) return false
  let ends = new Uint8Array(path.length + 1)
  ends[0] = 1
  for (const part of parts) {
    const first = ends.indexOf(1)
    if (first === -1 || work.left <= 0) return false
    ends = advance(ends, first, part, path, work)
  }
  return ends[path.length] === 1
}

function advance(
  starts: Uint8Array,
  first: number,
  part: PatternPart,
  path: string,
  work: Work,
): Uint8Array<ArrayBuffer> {
  const ends = new Uint8Array(starts.length)
  work.left -= STEPS_PER_PART
  if (part === ANY) ends.fill(1, first)
  else if (part === NAME) {
    for (let at = first; at !== -1; work.left--) {
      const slash = path.indexOf('/', at)
      const end = slash === -1 ? path.length : slash
      ends.fill(1, at + 1, end + 1)
      at = starts.indexOf(1, end + 1)
    }
  } else {
    for (let at = path.indexOf(part, first); at !== -1; at = path.indexOf(part, at + 1)) {
      if (starts[at] === 1) ends[at + part.length] = 1
      work.left--
    }
  }
  return ends
}
