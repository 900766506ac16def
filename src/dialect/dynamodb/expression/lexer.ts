/** `end` has no text. `other` is a character that no expression may contain. */
export type TokenKind =
  | ('word' | 'keyword' | 'name' | 'value' | 'index')
  | ('symbol' | 'other' | 'end')

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Index in the expression. */
  readonly from: number
  readonly to: number
}

const SPACES = ' \t\r\n'
const SYMBOLS = '()[],.=<>+-'
const LONG_SYMBOLS: readonly string[] = ['<>', '<=', '>=']
/** Keywords of all kinds of expressions, in upper or lower case. Never attribute names. */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...['AND', 'OR', 'NOT', 'IN', 'BETWEEN'],
  ...['SET', 'REMOVE', 'ADD', 'DELETE'],
])

/** The tokens of an expression; the last one is `end`. */
export function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = []
  const { length } = expression
  for (let at = 0; at < length; ) {
    const first = expression[at] as string
    if (SPACES.includes(first)) {
      at++
      continue
    }
    const kind = kindOf(expression, at, first)
    const to = endOf(expression, at, kind)
    const text = expression.slice(at, to)
    const isKeyword = kind === 'word' && KEYWORDS.has(text.toUpperCase())
    tokens.push({ kind: isKeyword ? 'keyword' : kind, text, from: at, to })
    at = to
  }
  tokens.push({ kind: 'end', text: '<EOF>', from: length, to: length })
  return tokens
}

/** `#` and `:` alone are no tokens. */
function kindOf(expression: string, at: number, first: string): TokenKind {
  if (SYMBOLS.includes(first)) return 'symbol'
  const code = first.charCodeAt(0)
  if (isDigit(code)) return 'index'
  if (isWordPart(code)) return 'word'
  if (!isWordPart(expression.charCodeAt(at + 1))) return 'other'
  if (first === '#') return 'name'
  return first === ':' ? 'value' : 'other'
}

function endOf(expression: string, at: number, kind: TokenKind): number {
  if (kind === 'symbol') return at + (LONG_SYMBOLS.includes(expression.slice(at, at + 2)) ? 2 : 1)
  if (kind === 'other') return at + 1
  const isPart = kind === 'index' ? isDigit : isWordPart
  let to = at + 1
  while (to < expression.length && isPart(expression.charCodeAt(to))) to++
  return to
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** `[A-Za-z0-9_]` */
function isWordPart(code: number): boolean {
  const lower = code | 0x20
  return isDigit(code) || (lower >= 0x61 && lower <= 0x7a) || code === 0x5f
}
