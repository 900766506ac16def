/** The right side of a check after Python's `text % target`. */
export type Format<Target> =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'template'; readonly fill: (target: Target) => string }
  /** The text names an attribute that the target does not have. */
  | { readonly kind: 'missing'; readonly name: string }
  /** An error in Python, or a conversion other than `%(name)s`. */
  | { readonly kind: 'malformed' }

/** Text, `%%`, `%(name)` with or without `s`, or a percent sign alone. */
const PART = /[^%]+|%%|%\(((?:[^()]|\([^()]*\))*)\)(s?)|%/gs

/** Supports `%(name)s` and `%%`. Like Python it reads from left to right and stops at the first
 * error. */
export function compileFormat<Target>(
  text: string,
  attributes: ReadonlyMap<string, (target: Target) => string>,
): Format<Target> {
  const parts: ((target: Target) => string)[] = []
  let plain: string | undefined = ''
  for (const [part, name, conversion] of text.matchAll(PART)) {
    if (name === undefined) {
      if (part === '%') return { kind: 'malformed' }
      const literal = part === '%%' ? '%' : part
      parts.push(() => literal)
      if (plain !== undefined) plain += literal
      continue
    }
    const attribute = attributes.get(name)
    if (attribute === undefined) return { kind: 'missing', name }
    if (conversion === '') return { kind: 'malformed' }
    parts.push(attribute)
    plain = undefined
  }
  if (plain !== undefined) return { kind: 'text', text: plain }
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return { kind: 'template', fill: only }
  return { kind: 'template', fill: (target) => parts.map((part) => part(target)).join('') }
}
