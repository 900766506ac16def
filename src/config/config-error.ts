/** An unusable configuration. The message is one line for an operator: the place, the option, and
 * what is allowed. It never contains a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const SHOWN_TEXT_CHARS_MAX = 80

/** Quotes text from a file or command line for a message, shortened to one line. */
export function quoted(text: string): string {
  return JSON.stringify(
    text.length > SHOWN_TEXT_CHARS_MAX ? `${text.slice(0, SHOWN_TEXT_CHARS_MAX)}…` : text,
  )
}
