/** Characters of a request that a message repeats at most. */
const QUOTED_LENGTH_MAX = 4096

/** A text of a request as messages show it. */
export function shortened(text: string): string {
  return text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}...` : text
}
