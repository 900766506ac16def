/** The blocks of code in a text of Markdown, in order, with the heading of level two above each:
 * empty at the top of the page. */
export function allFencedBlocks(text: string) {
  return text.split(/^## /m).flatMap((section, index) => {
    const heading = index === 0 ? '' : section.slice(0, section.indexOf('\n'))
    const blocks = section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)
    return [...blocks].map(([, language = '', block = '']) => ({ heading, language, text: block }))
  })
}

/** The blocks of one language, optionally only those below one heading. */
export function fencedBlocks(text: string, language: string, heading?: string): readonly string[] {
  if (heading !== undefined && !text.includes(`\n## ${heading}\n`)) {
    throw new Error(`there is no heading '${heading}'`)
  }
  return allFencedBlocks(text)
    .filter((block) => block.language === language && (heading ?? block.heading) === block.heading)
    .map((block) => block.text)
}
