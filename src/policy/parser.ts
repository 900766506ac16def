import type { Check, ReportProblem } from './checks.ts'
import { PolicyError } from './policy-error.ts'

/** A rule as written: text, or the older form, a list of alternatives, each a check or a list of
 * checks that must all hold. */
export type RuleText = string | readonly (string | readonly string[])[]

/** Nesting of a rule. Deeper rules deny, which bounds the parser's recursion. */
const DEPTH_MAX = 64

type Token =
  | { readonly kind: 'and' | 'or' | 'not' | '(' | ')' | 'quoted' }
  | { readonly kind: 'check'; readonly text: string }

/**
 * Parses a check string of oslo.policy: checks, `and`, `or`, `not` in any case, and parentheses,
 * separated by white space. `not` binds tighter than `and`, and `and` tighter than `or`. An empty
 * string or list allows. A rule or check that cannot be parsed denies and is reported.
 *
 * https://docs.openstack.org/oslo.policy/latest/reference/api/oslo_policy.policy.html
 *
 * @throws PolicyError for a remote check (`http:`, `https:`)
 */
export function parseRule(rule: RuleText, report: ReportProblem = () => undefined): Check {
  if (rule.length === 0) return { kind: 'true' }
  if (typeof rule !== 'string') return parseList(rule, report)
  try {
    return new Parser([...tokenize(rule)], report).parse()
  } catch (error) {
    if (!(error instanceof RuleSyntaxError)) throw error
    report(error.message)
    return { kind: 'false' }
  }
}

class RuleSyntaxError extends Error {}

/** Ignores empty alternatives. If all are empty, the rule denies. */
function parseList(rule: Exclude<RuleText, string>, report: ReportProblem): Check {
  const checks = rule
    .filter((alternative) => alternative.length > 0)
    .map((alternative): Check => {
      const all = typeof alternative === 'string' ? [alternative] : alternative
      return { kind: 'and', checks: all.map((text) => parseCheck(text, report)) }
    })
  if (checks.length === 0) report('every alternative is empty')
  return { kind: 'or', checks }
}

/** Python's white space, which includes U+001C to U+001F and U+0085 but no byte order mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are white space in Python
const WHITE_SPACE = /[\p{White_Space}\x1c-\x1f]+/u

/** Parentheses count only at the ends of a word, since `%(project_id)s` contains some. */
function* tokenize(rule: string): Generator<Token> {
  for (const word of rule.split(WHITE_SPACE)) {
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

/** A quoted word is no check, so a rule that contains one denies. */
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
      throw new PolicyError(`remote checks (${left}:) are not supported`)
    default:
      return { kind: 'generic', left, right }
  }
}
