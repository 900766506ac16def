import type { Identity } from '../identity/request-context.ts'
import { type CompiledCheck, compileCheck, type PolicyTarget } from './checks.ts'
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

  /** An operation without a rule is decided by the rule `default`; without that one it is denied. */
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

  /** Each rule once, whatever refers to it; a rule that refers to itself finds no rule there. */
  function compile(name: string): CompiledCheck | undefined {
    const done = compiled.get(name)
    const text = texts.get(name)
    if (done !== undefined || text === undefined) return done
    if (underway.has(name)) {
      problems.push(`${name}: the rule refers to itself`)
      return undefined
    }
    underway.add(name)
    const check = parseRule(text, (problem) => problems.push(`${name}: ${problem}`))
    const rule = compileCheck(check, (other) => {
      if (!texts.has(other)) problems.push(`${name}: there is no rule '${other}'`)
      return compile(other)
    })
    underway.delete(name)
    compiled.set(name, rule)
    return rule
  }

  for (const name of texts.keys()) compile(name)
  return { compiled, problems }
}
