/** A Markdown table with aligned columns. The first columns contain text, the others figures. */
export function markdownTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: number,
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const aligned = (cell: string, column: number) => {
    const width = widths[column] ?? 0
    return column < textColumns ? cell.padEnd(width) : cell.padStart(width)
  }
  const line = (row: readonly string[]) => `| ${row.map(aligned).join(' | ')} |\n`
  const rule = widths.map((width, column) =>
    column < textColumns ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  return [headings, rule, ...rows].map(line).join('')
}
