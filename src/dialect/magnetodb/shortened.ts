/** Characters of a request that an error message repeats at most. */
export const QUOTED_LENGTH_MAX = 1000

/** A text of a request as messages show it. */
export function shortened(text: string): string {
  return text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}...` : text
}
