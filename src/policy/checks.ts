import type { Identity } from '../identity/request-context.ts'
import { CREDENTIALS, hasRole, LIST_CREDENTIALS, UNKNOWN_CREDENTIALS } from './credentials.ts'
import { compileFormat } from './python-format.ts'
import { readLeftSide } from './python-literal.ts'

/** The target of a request, against which rules are evaluated. Never taken from a request's
 * body. */
export interface PolicyTarget {
  /** The project named by the request's path. */
  readonly projectId: string
}

export type Check =
  | { readonly kind: 'true' | 'false' }
  | { readonly kind: 'and' | 'or'; readonly checks: readonly Check[] }
  | { readonly kind: 'not'; readonly check: Check }
  | { readonly kind: 'role' | 'rule'; readonly name: string }
  | { readonly kind: 'generic'; readonly left: string; readonly right: string }

/** A compiled rule. @throws UNDECIDABLE */
export type CompiledCheck = (identity: Identity, target: PolicyTarget) => boolean

export type ReportProblem = (problem: string) => void

export interface CheckSurroundings {
  /** The named rule, or the one that is used instead. */
  readonly resolveRule: (name: string) => CompiledCheck
  readonly report: ReportProblem
}

/** Thrown where oslo.policy raises an error during a decision. It denies the whole decision: if
 * only the check denied, a `not` before it would allow. */
export const UNDECIDABLE = new Error('a policy rule cannot be decided')

const ALLOW: CompiledCheck = () => true
export const DENY: CompiledCheck = () => false
const GIVE_UP: CompiledCheck = () => {
  throw UNDECIDABLE
}

/** Decides at compile time everything that does not depend on the request. */
export function compileCheck(check: Check, surroundings: CheckSurroundings): CompiledCheck {
  const compileInner = (inner: Check): CompiledCheck => compileCheck(inner, surroundings)
  switch (check.kind) {
    case 'true':
      return ALLOW
    case 'false':
      return DENY
    case 'and':
      return compileMany(check.checks.map(compileInner), false)
    case 'or':
      return compileMany(check.checks.map(compileInner), true)
    case 'not': {
      const inner = compileInner(check.check)
      return (identity, target) => !inner(identity, target)
    }
    case 'rule':
      return surroundings.resolveRule(check.name)
    case 'role':
      return compileRole(check.name, surroundings.report)
    case 'generic':
      return compileGeneric(check.left, check.right, surroundings.report)
  }
}

/** `and` and `or`. @param decisive the verdict of one check that decides the whole */
function compileMany(checks: readonly CompiledCheck[], decisive: boolean): CompiledCheck {
  const [only] = checks
  if (checks.length === 1 && only !== undefined) return only
  return (identity, target) => {
    for (const check of checks) if (check(identity, target) === decisive) return decisive
    return !decisive
  }
}

function compileRole(name: string, report: ReportProblem): CompiledCheck {
  return compileRight(name, report, (expected) => {
    if (typeof expected !== 'string') {
      return (identity, target) => hasRole(identity, expected(target).toLowerCase())
    }
    const role = expected.toLowerCase()
    return (identity) => hasRole(identity, role)
  })
}

/** `left:right`: the left side is a literal or an attribute of the caller, the right side may
 * contain attributes of the target. Both are compared as text. */
function compileGeneric(left: string, right: string, report: ReportProblem): CompiledCheck {
  return compileRight(right, report, (expected) => {
    const expectedOf = typeof expected === 'string' ? () => expected : expected
    const leftSide = readLeftSide(left)
    switch (leftSide.kind) {
      case 'literal':
        return (_identity, target) => leftSide.text === expectedOf(target)
      case 'path':
        return compilePath(leftSide.names, expectedOf, report)
      case 'unreadable':
        report(`'${left}' is neither a literal nor an attribute of the caller`)
        return GIVE_UP
    }
  })
}

const TARGET_ATTRIBUTES: ReadonlyMap<string, (target: PolicyTarget) => string> = new Map([
  ['project_id', (target) => target.projectId],
])

/** @param compile takes the right side: text, or a function of the target */
function compileRight(
  right: string,
  report: ReportProblem,
  compile: (expected: string | ((target: PolicyTarget) => string)) => CompiledCheck,
): CompiledCheck {
  const format = compileFormat(right, TARGET_ATTRIBUTES)
  switch (format.kind) {
    case 'text':
      return compile(format.text)
    case 'template':
      return compile(format.fill)
    case 'missing':
      report(`the target has no '${format.name}'`)
      return DENY
    case 'malformed':
      report(`'${right}' is not text with %(name)s in it`)
      return GIVE_UP
  }
}

function compilePath(
  names: readonly string[],
  expectedOf: (target: PolicyTarget) => string,
  report: ReportProblem,
): CompiledCheck {
  const [name = '', ...deeper] = names
  const path = names.join('.')
  const list = LIST_CREDENTIALS.get(name)
  if (list !== undefined) {
    if (deeper.length === 0) return (identity, target) => list(identity).has(expectedOf(target))
    report(`'${path}': a role has no attributes`)
    // Python evaluates the attribute for existing roles only.
    return (identity, target) => list(identity).size > 0 && GIVE_UP(identity, target)
  }
  if (UNKNOWN_CREDENTIALS.has(name)) {
    report(`'${name}' is not known here`)
    return GIVE_UP
  }
  const credential = CREDENTIALS.get(name)
  if (credential === undefined) {
    report(`a caller has no '${path}'`)
    return DENY
  }
  if (deeper.length > 0) {
    report(`'${path}': '${name}' has no attributes`)
    return GIVE_UP
  }
  return (identity, target) => credential(identity) === expectedOf(target)
}
