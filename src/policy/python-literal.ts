/** The left side of `left:right` as Python reads it. */
export type LeftSide =
  | { readonly kind: 'literal'; readonly text: string }
  /** Attributes of the caller, outermost first. */
  | { readonly kind: 'path'; readonly names: readonly string[] }
  /** A syntax error in Python, or a literal that is not supported here. */
  | { readonly kind: 'unreadable' }

const QUOTED = /^(?:'([^'\\\n\r]*)'|"([^"\\\n\r]*)")$/
const CONSTANT = /^(?:True|False|None)$/
/** Numbers that Python's `str` prints unchanged. */
const NUMBER = /^-?(?:0|[1-9]\d{0,14}|(?:0|[1-9]\d{0,8})\.(?:0|\d{0,2}[1-9]))$/

/** Keywords of Python 3. They name no attribute, and in most paths are a syntax error. */
const KEYWORDS =
  'False None True and as assert async await break class continue def del elif else except ' +
  'finally for from global if import in is lambda nonlocal not or pass raise return try while ' +
  'with yield'
const NAME = `(?!(?:${KEYWORDS.replaceAll(' ', '|')})\\b)[A-Za-z_][A-Za-z0-9_]*`
/** A hyphen is Python's subtraction. No attribute has such a name. */
const PATH = `${NAME}(?:[.-]${NAME})*`
/** Checks in lists may contain words and white space. */
const OPERAND = `(?:not[ \\t]+)*(?:${PATH}|True|False|None)`
const EXPRESSION = new RegExp(`^${OPERAND}(?:[ \\t]+(?:and|or)[ \\t]+${OPERAND})*$`)

/** oslo.policy applies `ast.literal_eval`: the value of a literal, else a path of attributes.
 * Literals with escapes, prefixes, exponents or brackets are not supported. */
export function readLeftSide(text: string): LeftSide {
  // Python ignores the white space around a literal, but in a path it is part of the name.
  const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '')
  const quoted = QUOTED.exec(trimmed)
  if (quoted !== null) return { kind: 'literal', text: quoted[1] ?? quoted[2] ?? '' }
  // Python prints -0 as 0.
  if (CONSTANT.test(trimmed) || (NUMBER.test(trimmed) && trimmed !== '-0')) {
    return { kind: 'literal', text: trimmed }
  }
  return EXPRESSION.test(trimmed)
    ? { kind: 'path', names: text.split('.') }
    : { kind: 'unreadable' }
}
