/** Characters of a request that a message quotes. */
const QUOTED_LENGTH_MAX = 4096

/** Text of a request, cut for a message. */
export function shortened(text: string): string {
  return text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}...` : text
}
