const REFERENCE =
  /\$(?:(?<dollar>\$)|(?<plain>[_a-z][._a-z0-9]*)|\{(?<braced>[_a-z][._a-z0-9]*)\})/gi

/** Replaces `$name`, `${name}`, `$group.name` and `${group.name}` by `textOf` of the name. As in
 * oslo.config, `$$` and `\$` are dollar signs, and so is a `$` before anything that is no name. */
export function interpolate(text: string, textOf: (name: string) => string): string {
  return text
    .replaceAll('\\$', '$$$$')
    .replace(REFERENCE, (_match, dollar?: string, plain?: string, braced?: string) => {
      if (dollar !== undefined) return '$'
      return textOf(plain ?? braced ?? '')
    })
}
