/** The outcome of a check. Codes as in oslo.upgradecheck: 0 success, 1 warning, 2 failure. */
export interface CheckResult {
  readonly check: string
  readonly code: 0 | 1 | 2
  readonly details: string | null
}

const TITLE = 'Upgrade Check Results'
const LABELS = ['Success', 'Warning', 'Failure'] as const
/** Column at which details are wrapped. Lines after the first are indented. */
const DETAILS_CHARS_MAX = 60
const INDENT = '  '

/** The exit code: the code of the most severe result. */
export function gravest(results: readonly CheckResult[]): number {
  return Math.max(0, ...results.map(({ code }) => code))
}

export function jsonReport(results: readonly CheckResult[]): string {
  const checks = results.map(({ check, code, details }) => ({ check, result: code, details }))
  return `${JSON.stringify({ name: TITLE, checks })}\n`
}

/** The table in the form of oslo.upgradecheck. */
export function tableReport(results: readonly CheckResult[]): string {
  const cells = results.map(({ check, code, details }) => [
    `Check: ${check}`,
    `Result: ${LABELS[code]}`,
    ...wrapped(details).map((line, i) => (i === 0 ? `Details: ${line}` : line)),
  ])
  const rows = [[TITLE], ...cells]
  const width = Math.max(...rows.flat().map((line) => line.length))
  const rule = `+${'-'.repeat(width + 2)}+`
  const lines = rows.flatMap((row) => [...row.map((line) => `| ${line.padEnd(width)} |`), rule])
  return `${[rule, ...lines].join('\n')}\n`
}

/** Wraps at spaces. Cuts words longer than a line. */
function wrapped(details: string | null): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (let word of (details ?? 'None').split(/\s+/)) {
    for (;;) {
      const space = line.trim() === '' ? '' : ' '
      const room = DETAILS_CHARS_MAX - line.length - space.length
      if (word.length <= room) {
        line += space + word
        break
      }
      const isCut = room > 0 && word.length > DETAILS_CHARS_MAX - INDENT.length
      lines.push(isCut ? line + space + word.slice(0, room) : line)
      if (isCut) word = word.slice(room)
      line = INDENT
    }
  }
  return [...lines, line]
}
