/** What the right side of a check is after Python's `text % target`. */
export type Format<Target> =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'template'; readonly fill: (target: Target) => string }
  /** It asks for something that the target does not have. */
  | { readonly kind: 'missing'; readonly name: string }
  /** Python raises an error for it, or it is a conversion other than `%(name)s`. */
  | { readonly kind: 'malformed' }

/**
 * Reads Python's `%(name)s` and `%%`, as far as rules use them, from left to right as Python does:
 * the first thing that is wrong decides.
 */
export function compileFormat<Target>(
  text: string,
  attributes: ReadonlyMap<string, (target: Target) => string>,
): Format<Target> {
  const parts: ((target: Target) => string)[] = []
  let plain: string | undefined = ''
  const addText = (literal: string): void => {
    parts.push(() => literal)
    if (plain !== undefined) plain += literal
  }
  for (let at = 0; at < text.length; ) {
    const percent = text.indexOf('%', at)
    const literal = text.slice(at, percent === -1 ? text.length : percent)
    if (literal !== '') addText(literal)
    if (percent === -1) break
    if (text[percent + 1] === '%') {
      addText('%')
      at = percent + 2
      continue
    }
    const end = text[percent + 1] === '(' ? endOfKey(text, percent + 1) : -1
    if (end === -1) return { kind: 'malformed' }
    const name = text.slice(percent + 2, end)
    const attribute = attributes.get(name)
    if (attribute === undefined) return { kind: 'missing', name }
    if (text[end + 1] !== 's') return { kind: 'malformed' }
    parts.push(attribute)
    plain = undefined
    at = end + 2
  }
  return plain === undefined ? templateOf(parts) : { kind: 'text', text: plain }
}

function templateOf<Target>(parts: readonly ((target: Target) => string)[]): Format<Target> {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return { kind: 'template', fill: only }
  return { kind: 'template', fill: (target) => parts.map((part) => part(target)).join('') }
}

/** Parentheses within a key count. @returns -1 when the key does not end */
function endOfKey(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text[at] === '(') depth++
    else if (text[at] === ')' && --depth === 0) return at
  }
  return -1
}
