export interface FencedBlock {
  /** The heading of level two above the block; empty if there is none. */
  readonly heading: string
  readonly language: string
  readonly text: string
}

/** All code blocks in a Markdown text, in order. */
export function allFencedBlocks(text: string): readonly FencedBlock[] {
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
