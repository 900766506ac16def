/** The right side of a check after Python's `text % target`. */
export type Format<Target> =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'template'; readonly fill: (target: Target) => string }
  /** The text names an attribute that the target does not have. */
  | { readonly kind: 'missing'; readonly name: string }
  /** An error in Python, or a conversion other than `%(name)s`. */
  | { readonly kind: 'malformed' }

/** Supports `%(name)s` and `%%`. Like Python it reads from left to right and stops at the first
 * error. */
export function compileFormat<Target>(
  text: string,
  attributes: ReadonlyMap<string, (target: Target) => string>,
): Format<Target> {
  const parts: ((target: Target) => string)[] = []
  let plain: string | undefined = ''
  for (let at = 0; at < text.length; ) {
    if (!text.startsWith('%(', at)) {
      const end = literalEnd(text, at)
      if (end < 0) return { kind: 'malformed' }
      const literal = text[at] === '%' ? '%' : text.slice(at, end)
      parts.push(() => literal)
      if (plain !== undefined) plain += literal
      at = end
      continue
    }
    const end = nameEnd(text, at + 2)
    if (end < 0) return { kind: 'malformed' }
    const name = text.slice(at + 2, end)
    const attribute = attributes.get(name)
    if (attribute === undefined) return { kind: 'missing', name }
    if (text[end + 1] !== 's') return { kind: 'malformed' }
    parts.push(attribute)
    plain = undefined
    at = end + 2
  }
  if (plain !== undefined) return { kind: 'text', text: plain }
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return { kind: 'template', fill: only }
  return { kind: 'template', fill: (target) => parts.map((part) => part(target)).join('') }
}

/** The index after `%%`, or after text without a percent sign. -1 for a single percent sign. */
function literalEnd(text: string, at: number): number {
  if (text.startsWith('%%', at)) return at + 2
  const percent = text.indexOf('%', at)
  if (percent === at) return -1
  return percent < 0 ? text.length : percent
}

/** The index of the `)` after a name, which may contain pairs of parentheses. -1 if none. */
function nameEnd(text: string, begin: number): number {
  let open = 1
  for (let at = begin; at < text.length; at++) {
    if (text[at] === '(') open++
    else if (text[at] === ')' && --open === 0) return at
  }
  return -1
}
