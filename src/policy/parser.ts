import type { Check } from './checks.ts'

/** Told what is wrong with a rule; the rule then denies, in whole or in the part that is wrong. */
export type ReportProblem = (problem: string) => void

/** Deeper rules deny: nobody writes them, and a parser that recurses must stop somewhere. */
const DEPTH_MAX = 64

type Token =
  | { readonly kind: 'and' | 'or' | 'not' | '(' | ')' | 'quoted' }
  | { readonly kind: 'check'; readonly text: string }

/**
 * Parses a check string of oslo.policy: checks, `and`, `or`, `not` in any case, and parentheses,
 * split at white space; `not` binds tighter than `and`, `and` tighter than `or`. An empty string
 * allows. Never throws: what cannot be understood denies.
 *
 * https://docs.openstack.org/oslo.policy/latest/reference/api/oslo_policy.policy.html
 */
export function parseRule(rule: string, report: ReportProblem = () => undefined): Check {
  if (rule === '') return { kind: 'true' }
  try {
    return new Parser([...tokenize(rule)], report).parse()
  } catch (error) {
    if (!(error instanceof RuleSyntaxError)) throw error
    report(error.message)
    return { kind: 'false' }
  }
}

class RuleSyntaxError extends Error {}

/** Parentheses count only at the ends of a word: `%(project_id)s` has its own inside. */
function* tokenize(rule: string): Generator<Token> {
  for (const word of rule.split(/\s+/)) {
    const [, opening = '', rest = ''] = /^(\(*)(.*)$/s.exec(word) ?? []
    for (const _ of opening) yield { kind: '(' }
    const text = rest.replace(/\)+$/, '')
    const keyword = text.toLowerCase()
    if (keyword === 'and' || keyword === 'or' || keyword === 'not') yield { kind: keyword }
    else if (isQuoted(rest)) yield { kind: 'quoted' }
    else if (text !== '') yield { kind: 'check', text }
    for (let closing = rest.length - text.length; closing > 0; closing--) yield { kind: ')' }
  }
}

/** A whole word in quotes is no check, and a rule that has one denies. */
function isQuoted(word: string): boolean {
  return word.length >= 2 && /^(?:".*"|'.*')$/s.test(word)
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #report: ReportProblem
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[], report: ReportProblem) {
    this.#tokens = tokens
    this.#report = report
  }

  parse(): Check {
    const check = this.#any()
    if (this.#next < this.#tokens.length) throw new RuleSyntaxError('an operator is missing')
    return check
  }

  #any(): Check {
    const checks = [this.#all()]
    while (this.#take('or')) checks.push(this.#all())
    return { kind: 'or', checks }
  }

  #all(): Check {
    const checks = [this.#one()]
    while (this.#take('and')) checks.push(this.#one())
    return { kind: 'and', checks }
  }

  #one(): Check {
    if (++this.#depth > DEPTH_MAX) throw new RuleSyntaxError('the rule is nested too deeply')
    const token = this.#tokens[this.#next++]
    let check: Check
    if (token?.kind === 'not') {
      check = { kind: 'not', check: this.#one() }
    } else if (token?.kind === '(') {
      check = this.#any()
      if (!this.#take(')')) throw new RuleSyntaxError('a parenthesis is not closed')
    } else if (token?.kind === 'check') {
      check = parseCheck(token.text, this.#report)
    } else {
      throw new RuleSyntaxError('a check is missing')
    }
    this.#depth--
    return check
  }

  #take(kind: Token['kind']): boolean {
    const isNext = this.#tokens[this.#next]?.kind === kind
    if (isNext) this.#next++
    return isNext
  }
}

function parseCheck(text: string, report: ReportProblem): Check {
  if (text === '@') return { kind: 'true' }
  if (text === '!') return { kind: 'false' }
  const colon = text.indexOf(':')
  if (colon === -1) {
    report(`'${text}' is not a check`)
    return { kind: 'false' }
  }
  const left = text.slice(0, colon)
  const right = text.slice(colon + 1)
  switch (left) {
    case 'role':
      return { kind: 'role', name: right }
    case 'rule':
      return { kind: 'rule', name: right }
    case 'http':
    case 'https':
      report('remote checks are not supported')
      return { kind: 'false' }
    default:
      return { kind: 'generic', left, right }
  }
}
