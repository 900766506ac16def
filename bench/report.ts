import type { Ratio, Result } from './result.ts'

const HEADINGS = [
  ...['operation', 'server', 'req/s', 'p50 ms', 'p99 ms', 'CPU us', 'CPU min'],
  ...['req/s : bare', 'CPU : bare', 'req/s : dynalite', 'CPU : dynalite', 'failed', 'unknown'],
]
const TEXT_COLUMNS = 2

/** A Markdown table, its columns aligned. */
export function tableOf(results: readonly Result[]): string {
  const rows = [HEADINGS, ...results.map(cells)]
  const widths = HEADINGS.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => aligned(cell, column, widths[column] ?? 0)).join(' | ')} |\n`
  const rule = widths.map((width, column) =>
    column < TEXT_COLUMNS ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  return [line(HEADINGS), line(rule), ...rows.slice(1).map(line)].join('')
}

function cells(result: Result): string[] {
  return [
    result.operation,
    result.server,
    result.requestsPerSecond.toFixed(0),
    result.p50Ms.toFixed(2),
    result.p99Ms.toFixed(2),
    result.cpuUs.toFixed(1),
    result.cpuUsMin.toFixed(1),
    ...ratioCells(result.toBare),
    ...ratioCells(result.toDynalite),
    `${result.failed}`,
    `${result.unknown ?? '-'}`,
  ]
}

function ratioCells(ratio: Ratio | undefined): string[] {
  return ratio ? [ratio.requestsPerSecond.toFixed(2), ratio.cpu.toFixed(2)] : ['-', '-']
}

function aligned(cell: string, column: number, width: number): string {
  return column < TEXT_COLUMNS ? cell.padEnd(width) : cell.padStart(width)
}
