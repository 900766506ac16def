/** What the left side of `left:right` is to Python. */
export type LeftSide =
  | { readonly kind: 'literal'; readonly text: string }
  /** Names of the caller's attributes, outermost first. */
  | { readonly kind: 'path'; readonly names: readonly string[] }
  /** Not Python, or a spelling of a literal that is not read here. */
  | { readonly kind: 'unreadable' }

const QUOTED = /^(?:'([^'\\\n\r]*)'|"([^"\\\n\r]*)")$/
const CONSTANT = /^(?:True|False|None)$/
/** Numbers that Python's `str` writes as they are read. */
const NUMBER = /^-?(?:0|[1-9]\d{0,14}|(?:0|[1-9]\d{0,8})\.(?:0|\d{0,2}[1-9]))$/

/** Python 3's. They name no attribute, and most of them in a path are a syntax error. */
const KEYWORDS =
  'False None True and as assert async await break class continue def del elif else except ' +
  'finally for from global if import in is lambda nonlocal not or pass raise return try while ' +
  'with yield'
const NAME = `(?!(?:${KEYWORDS.replaceAll(' ', '|')})\\b)[A-Za-z_][A-Za-z0-9_]*`
/** A hyphen subtracts one name from another: that is Python, but no attribute has such a name. */
const PATH = `${NAME}(?:[.-]${NAME})*`
/** Lists of checks may have words and white space in them. */
const OPERAND = `(?:not[ \\t]+)*(?:${PATH}|True|False|None)`
const EXPRESSION = new RegExp(`^${OPERAND}(?:[ \\t]+(?:and|or)[ \\t]+${OPERAND})*$`)

/**
 * Reads the left side of a check as oslo.policy does with `ast.literal_eval`: a literal stands for
 * its own text, anything else that is Python for a path of attributes. Literals with escapes,
 * prefixes, exponents or brackets are not read.
 */
export function readLeftSide(text: string): LeftSide {
  // Python does so too for a literal; a path keeps its white space, and names nothing then.
  const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '')
  const quoted = QUOTED.exec(trimmed)
  if (quoted !== null) return { kind: 'literal', text: quoted[1] ?? quoted[2] ?? '' }
  // Python writes -0 as 0.
  if (CONSTANT.test(trimmed) || (NUMBER.test(trimmed) && trimmed !== '-0')) {
    return { kind: 'literal', text: trimmed }
  }
  return EXPRESSION.test(trimmed)
    ? { kind: 'path', names: text.split('.') }
    : { kind: 'unreadable' }
}
