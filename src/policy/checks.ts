import type { Identity } from '../identity/request-context.ts'

/** What a rule is asked about; never taken from a request's body. */
export interface PolicyTarget {
  /** The project whose things are to be used: the one that the request's path names. */
  readonly projectId: string
}

/** A rule as it was parsed. */
export type Check =
  | { readonly kind: 'true' | 'false' }
  | { readonly kind: 'and' | 'or'; readonly checks: readonly Check[] }
  | { readonly kind: 'not'; readonly check: Check }
  | { readonly kind: 'role' | 'rule'; readonly name: string }
  | { readonly kind: 'generic'; readonly left: string; readonly right: string }

/** A rule as it is asked. */
export type CompiledCheck = (identity: Identity, target: PolicyTarget) => boolean

/** @returns the other rule, compiled; undefined when there is none */
export type ResolveRule = (name: string) => CompiledCheck | undefined

const ALLOW: CompiledCheck = () => true
export const DENY: CompiledCheck = () => false

/** Everything that can be decided once is decided here; what is left is a few comparisons. */
export function compileCheck(check: Check, resolveRule: ResolveRule): CompiledCheck {
  switch (check.kind) {
    case 'true':
      return ALLOW
    case 'false':
      return DENY
    case 'and':
      return compileAll(check.checks.map((inner) => compileCheck(inner, resolveRule)))
    case 'or':
      return compileAny(check.checks.map((inner) => compileCheck(inner, resolveRule)))
    case 'not': {
      const inner = compileCheck(check.check, resolveRule)
      return (identity, target) => !inner(identity, target)
    }
    case 'rule':
      return resolveRule(check.name) ?? DENY
    case 'role':
      return compileRole(check.name)
    case 'generic':
      return compileGeneric(check.left, check.right)
  }
}

function compileAll(checks: readonly CompiledCheck[]): CompiledCheck {
  const [only] = checks
  if (checks.length === 1 && only !== undefined) return only
  return (identity, target) => {
    for (const check of checks) if (!check(identity, target)) return false
    return true
  }
}

function compileAny(checks: readonly CompiledCheck[]): CompiledCheck {
  const [only] = checks
  if (checks.length === 1 && only !== undefined) return only
  return (identity, target) => {
    for (const check of checks) if (check(identity, target)) return true
    return false
  }
}

function compileRole(name: string): CompiledCheck {
  const template = compileTemplate(name)
  if (template === undefined) return DENY
  if (typeof template !== 'string') {
    return (identity, target) => identity.roles.has(template(target).toLowerCase())
  }
  const role = template.toLowerCase()
  return (identity) => identity.roles.has(role)
}

/** `left:right`: left is a literal or names something of the caller, right may name something of
 * the target. Both are compared as text. */
function compileGeneric(left: string, right: string): CompiledCheck {
  const template = compileTemplate(right)
  if (template === undefined) return DENY
  const expected = typeof template === 'string' ? () => template : template
  const literal = parseLiteral(left)
  if (literal !== undefined) return (_identity, target) => literal === expected(target)
  if (left === 'roles') return (identity, target) => identity.roles.has(expected(target))
  const credential = CREDENTIALS.get(left)
  if (credential === undefined) return DENY
  return (identity, target) => credential(identity) === expected(target)
}

/** What rules may ask of the caller, by oslo.context's names. An absent one equals nothing. */
const CREDENTIALS: ReadonlyMap<string, (identity: Identity) => string | undefined> = new Map([
  ['user_id', (identity) => identity.userId],
  ['user_domain_id', (identity) => identity.userDomainId],
  ['project_id', (identity) => identity.projectId],
  ['project_domain_id', (identity) => identity.projectDomainId],
])

/** What rules may ask of the target. */
const TARGET_ATTRIBUTES: ReadonlyMap<string, (target: PolicyTarget) => string> = new Map([
  ['project_id', (target) => target.projectId],
])

/** Python's literals, as far as rules use them: strings without escapes, integers, constants. */
function parseLiteral(text: string): string | undefined {
  const quoted = /^(?:'([^'\\]*)'|"([^"\\]*)")$/.exec(text)
  if (quoted !== null) return quoted[1] ?? quoted[2]
  return /^(?:True|False|None|0|-?[1-9]\d*)$/.test(text) ? text : undefined
}

/**
 * Python's `%(name)s`, and `%%` for a percent sign.
 *
 * @returns the text itself when it names nothing; undefined when it names something unknown or
 *   cannot be understood
 */
function compileTemplate(text: string): string | ((target: PolicyTarget) => string) | undefined {
  const parts: ((target: PolicyTarget) => string)[] = []
  let plain = ''
  for (const [part, name] of text.matchAll(/%\(([^)]*)\)s|%%|%|[^%]+/g)) {
    if (part === '%') return undefined
    if (name === undefined) {
      const literal = part === '%%' ? '%' : part
      plain += literal
      parts.push(() => literal)
      continue
    }
    const attribute = TARGET_ATTRIBUTES.get(name)
    if (attribute === undefined) return undefined
    parts.push(attribute)
  }
  if (!text.includes('%(')) return plain
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  return (target) => parts.map((part) => part(target)).join('')
}
