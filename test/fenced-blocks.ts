/** The blocks of code of one language in a text of Markdown, below the heading if there is one. */
export function fencedBlocks(text: string, language: string, heading?: string): readonly string[] {
  const start = heading === undefined ? 0 : text.indexOf(`\n## ${heading}\n`)
  if (start === -1) throw new Error(`there is no heading '${heading}'`)
  const end = heading === undefined ? -1 : text.indexOf('\n## ', start + 1)
  const section = text.slice(start, end === -1 ? undefined : end)
  const blocks = section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)
  return [...blocks].filter(([, found]) => found === language).map(([, , block = '']) => block)
}
