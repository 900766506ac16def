import type { Identity } from '../identity/request-context.ts'
import { type CompiledCheck, compileCheck, DENY, type PolicyTarget } from './checks.ts'
import { parseRule } from './parser.ts'
import type { RuleDefault } from './rules.ts'

/** Rules compiled once, asked once per request. */
export class Enforcer {
  /** What is wrong with the rules, for the log; whatever is wrong denies. */
  readonly problems: readonly string[]
  readonly #rules: ReadonlyMap<string, CompiledCheck>

  constructor(rules: readonly Pick<RuleDefault, 'name' | 'checkStr'>[]) {
    const { compiled, problems } = compileRules(rules)
    this.#rules = compiled
    this.problems = problems
  }

  /** An operation without a rule is decided by the rule `default`, and denied without that one. */
  allows(operation: string, identity: Identity, target: PolicyTarget): boolean {
    const rule = this.#rules.get(operation) ?? this.#rules.get('default')
    return rule?.(identity, target) === true
  }
}

function compileRules(rules: readonly Pick<RuleDefault, 'name' | 'checkStr'>[]): {
  compiled: ReadonlyMap<string, CompiledCheck>
  problems: readonly string[]
} {
  const problems: string[] = []
  const texts = new Map(rules.map((rule) => [rule.name, rule.checkStr]))
  const compiled = new Map<string, CompiledCheck>()
  const underway = new Set<string>()
  const circular = new Set<string>()

  /** Each rule once, whatever refers to it. A rule that leads to a circle denies as a whole: were
   * only its part to deny, a `not` before that part would allow. */
  function compile(name: string, text: string): CompiledCheck {
    underway.add(name)
    const check = parseRule(text, (problem) => problems.push(`${name}: ${problem}`))
    const rule = compileCheck(check, (other) => resolve(name, other))
    underway.delete(name)
    if (circular.has(name)) problems.push(`${name}: the rule leads back to itself`)
    const safeRule = circular.has(name) ? DENY : rule
    compiled.set(name, safeRule)
    return safeRule
  }

  function resolve(name: string, other: string): CompiledCheck | undefined {
    if (underway.has(other) || circular.has(other)) {
      for (const rule of underway) circular.add(rule)
      return DENY
    }
    const text = texts.get(other)
    if (text === undefined) problems.push(`${name}: there is no rule '${other}'`)
    return text === undefined ? undefined : (compiled.get(other) ?? compile(other, text))
  }

  for (const [name, text] of texts) if (!compiled.has(name)) compile(name, text)
  return { compiled, problems }
}
