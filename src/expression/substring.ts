/** What `includes` takes at worst grows with the product of both lengths: up to so much it is left
 * to that, which is much the quicker one in any ordinary case. */
const PRODUCT_MAX = 1_000_000

/** `text.includes(part)` for well-formed texts, in a time that grows with the sum of their lengths
 * whatever they hold. */
export function includesText(text: string, part: string): boolean {
  if (part.length > text.length) return false
  if (text.length * part.length <= PRODUCT_MAX) return text.includes(part)
  return includesLinearly(Buffer.from(text), Buffer.from(part))
}

/** The same for bytes. */
export function includesBytes(bytes: Buffer, part: Buffer): boolean {
  if (bytes.length * part.length <= PRODUCT_MAX) return bytes.includes(part)
  return includesLinearly(bytes, part)
}

/** The search of Knuth, Morris and Pratt. */
function includesLinearly(bytes: Buffer, part: Buffer): boolean {
  if (part.length > bytes.length) return false
  const borders = borderLengths(part)
  let matched = 0
  for (let i = 0; i < bytes.length; i++) {
    matched = extended(part, borders, matched, bytes[i] as number)
    if (matched === part.length) return true
  }
  return false
}

/** Of each beginning of `part`, by its last index: the length of the longest shorter beginning with
 * which it ends. */
function borderLengths(part: Buffer): Uint32Array {
  const borders = new Uint32Array(part.length)
  let length = 0
  for (let i = 1; i < part.length; i++) {
    length = extended(part, borders, length, part[i] as number)
    borders[i] = length
  }
  return borders
}

/** How much of `part` is matched when `byte` follows what was matched before. */
function extended(part: Buffer, borders: Uint32Array, matched: number, byte: number): number {
  let length = matched
  while (length > 0 && part[length] !== byte) length = borders[length - 1] as number
  return part[length] === byte ? length + 1 : length
}
