/** Characters of a request that an error message quotes at most. */
export const QUOTED_LENGTH_MAX = 1000

/** Text of a request, cut for a message. */
export function shortened(text: string): string {
  return text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}...` : text
}
