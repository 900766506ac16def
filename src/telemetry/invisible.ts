/** Characters that are invisible or change how the text around them is shown, except space. */
const INVISIBLE = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** Escapes every invisible character: `\x1b`, `\u202e`, `\u{e0001}`. */
export function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16)
    if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`
    return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
  })
}
