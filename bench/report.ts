import type { Ratio, Result } from './result.ts'
import { markdownTable } from './table.ts'

const HEADINGS = [
  ...['operation', 'server', 'req/s', 'p50 ms', 'p99 ms', 'CPU us', 'CPU min'],
  ...['req/s : bare', 'CPU : bare', 'req/s : dynalite', 'CPU : dynalite', 'failed', 'unknown'],
]
const TEXT_COLUMNS = 2

export function tableOf(results: readonly Result[]): string {
  return markdownTable(HEADINGS, results.map(cells), TEXT_COLUMNS)
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
