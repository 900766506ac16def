import type { Identity } from '../identity/request-context.ts'
import {
  type Check,
  type CompiledCheck,
  compileCheck,
  DENY,
  type PolicyTarget,
  UNDECIDABLE,
} from './checks.ts'
import { circularRules } from './circular-rules.ts'
import { parseRule, type RuleText } from './parser.ts'
import { PolicyError } from './policy-error.ts'

export interface PolicyRule {
  readonly name: string
  /** In the language of oslo.policy. */
  readonly checkStr: RuleText
  /** Its file. Undefined for a default. */
  readonly where?: string
}

/** Depth of references from rule to rule. Deeper references, such as cycles, deny. */
const REFERENCES_DEPTH_MAX = 100

/** Compiles rules once and evaluates them. Every identity is scoped to a project, which every rule
 * requires: others were refused with `ForbiddenScopeError`. */
export class Enforcer {
  #compiled: CompiledRules

  /** @throws PolicyError for a remote check */
  constructor(rules: readonly PolicyRule[], defaultRule?: string) {
    this.#compiled = new CompiledRules(rules, defaultRule)
  }

  /** Problems of single rules, each of which denies or never matches. */
  get problems(): readonly string[] {
    return this.#compiled.problems
  }

  /**
   * Replaces the rules. Of rules with the same name, the last wins.
   *
   * @param defaultRule is evaluated instead of a missing rule
   * @throws PolicyError for a remote check, and keeps the current rules
   */
  setRules(rules: readonly PolicyRule[], defaultRule?: string): void {
    this.#compiled = new CompiledRules(rules, defaultRule)
  }

  /** An operation without a rule is decided by the default rule, or denied. */
  allows(operation: string, identity: Identity, target: PolicyTarget): boolean {
    return this.#compiled.allows(operation, identity, target)
  }
}

class CompiledRules {
  readonly problems: string[] = []
  readonly #rules = new Map<string, CompiledCheck>()
  readonly #defaultRule: string
  #depth = 0

  constructor(rules: readonly PolicyRule[], defaultRule = 'default') {
    this.#defaultRule = defaultRule
    const texts = new Map(rules.map((rule) => [rule.name, rule]))
    const references = new Map<string, Set<string>>()
    for (const rule of texts.values()) {
      const referred = new Set<string>()
      references.set(rule.name, referred)
      this.#compile(rule, (name, report) => {
        const found = [name, defaultRule].find((each) => texts.has(each))
        if (found !== name) report(`there is no rule '${name}'`)
        if (found !== undefined) referred.add(found)
        return found === undefined ? DENY : this.#reference(found)
      })
    }
    for (const name of circularRules(references)) {
      this.problems.push(`${name}: the rule leads back to itself, or to one that does`)
    }
  }

  allows(operation: string, identity: Identity, target: PolicyTarget): boolean {
    const rule = this.#rules.get(operation) ?? this.#rules.get(this.#defaultRule)
    if (rule === undefined) return false
    this.#depth = 0
    try {
      return rule(identity, target)
    } catch (error) {
      if (error !== UNDECIDABLE) throw error
      return false
    }
  }

  #compile(
    { name, checkStr, where }: PolicyRule,
    resolve: (name: string, report: (problem: string) => void) => CompiledCheck,
  ): void {
    const prefix = where === undefined ? name : `${where}: ${name}`
    const report = (problem: string): void => {
      this.problems.push(`${prefix}: ${problem}`)
    }
    let check: Check
    try {
      check = parseRule(checkStr, report)
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error
      throw new PolicyError(`${prefix}: ${error.message}`, { cause: error })
    }
    const resolveRule = (other: string): CompiledCheck => resolve(other, report)
    this.#rules.set(name, compileCheck(check, { resolveRule, report }))
  }

  /** Resolved when evaluated, since the rule may be compiled later, or refer to itself. */
  #reference(name: string): CompiledCheck {
    return (identity, target) => {
      if (++this.#depth > REFERENCES_DEPTH_MAX) throw UNDECIDABLE
      const isAllowed = this.#rules.get(name)?.(identity, target) === true
      this.#depth--
      return isAllowed
    }
  }
}
