/**
 * The configuration cannot be used. The message is one line for an operator: where, which option,
 * what is allowed. It never holds a secret.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const SHOWN_TEXT_CHARS_MAX = 80

/** Quotes a piece of a file or command line for a message: on one line and not too long. */
export function quoted(text: string): string {
  return JSON.stringify(
    text.length > SHOWN_TEXT_CHARS_MAX ? `${text.slice(0, SHOWN_TEXT_CHARS_MAX)}…` : text,
  )
}
