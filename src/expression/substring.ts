/** Product of both lengths up to which `includes` searches. Its worst case grows with this product,
 * but it is much faster in ordinary cases. */
const PRODUCT_MAX = 1_000_000

/** `text.includes(part)` for well-formed texts. Even the worst case takes a time that grows only
 * with the sum of the lengths. */
export function includesText(text: string, part: string): boolean {
  if (part.length > text.length) return false
  if (text.length * part.length <= PRODUCT_MAX) return text.includes(part)
  return includesLinearly(Buffer.from(text), Buffer.from(part))
}

/** Like `includesText`, for bytes. */
export function includesBytes(bytes: Buffer, part: Buffer): boolean {
  if (bytes.length * part.length <= PRODUCT_MAX) return bytes.includes(part)
  return includesLinearly(bytes, part)
}

/** The Knuth–Morris–Pratt search. */
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

/** The failure function of Knuth–Morris–Pratt: for each prefix of `part`, by its last index, the
 * length of its longest proper prefix that is also its suffix. */
function borderLengths(part: Buffer): Uint32Array {
  const borders = new Uint32Array(part.length)
  let length = 0
  for (let i = 1; i < part.length; i++) {
    length = extended(part, borders, length, part[i] as number)
    borders[i] = length
  }
  return borders
}

/** The number of bytes of `part` matched after `byte`, given the number matched before it. */
function extended(part: Buffer, borders: Uint32Array, matched: number, byte: number): number {
  let length = matched
  while (length > 0 && part[length] !== byte) length = borders[length - 1] as number
  return part[length] === byte ? length + 1 : length
}
