/** `end` has no text. `other` is a character that no expression has. */
export type TokenKind = 'word' | 'name' | 'value' | 'index' | 'symbol' | 'other' | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Where it stands in the expression. */
  readonly from: number
  readonly to: number
}

/** In the order of its groups: attribute or keyword, `#name`, `:value`, digits, symbol, other. */
const TOKEN = new RegExp(
  '[ \\t\\r\\n]*(?:([A-Za-z_][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|([0-9]+)|' +
    '(<>|<=|>=|[()[\\],.=<>+-])|([\\s\\S]))',
  'y',
)
const KINDS: readonly TokenKind[] = ['word', 'name', 'value', 'index', 'symbol', 'other']

/** What an expression is written in; the last one is `end`. */
export function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = []
  const { length } = expression.trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < length) {
    const match = TOKEN.exec(expression) as RegExpExecArray
    const group = KINDS.findIndex((_, i) => match[i + 1] !== undefined)
    const text = match[group + 1] as string
    const to = TOKEN.lastIndex
    tokens.push({ kind: KINDS[group] as TokenKind, text, from: to - text.length, to })
  }
  tokens.push({ kind: 'end', text: '<EOF>', from: expression.length, to: expression.length })
  return tokens
}
