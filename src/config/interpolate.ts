const REFERENCE =
  /\$(?:(?<dollar>\$)|(?<plain>[_a-z][._a-z0-9]*)|\{(?<braced>[_a-z][._a-z0-9]*)\})/gi

/**
 * Replaces `$name`, `${name}`, `$group.name` and `${group.name}` by what `textOf` answers for the
 * name. `$$` and `\$` stand for a dollar sign; a `$` that starts no name stays as it is. These are
 * oslo.config's rules.
 */
export function interpolate(text: string, textOf: (name: string) => string): string {
  return text
    .replaceAll('\\$', '$$$$')
    .replace(REFERENCE, (_match, dollar?: string, plain?: string, braced?: string) => {
      if (dollar !== undefined) return '$'
      return textOf(plain ?? braced ?? '')
    })
}
