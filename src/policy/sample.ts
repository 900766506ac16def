import type { RuleDefault } from './rules.ts'

const LINE_CHARS_MAX = 70

/** Rules as comments, in the format of `oslopolicy-sample-generator`. */
export function samplePolicy(rules: readonly RuleDefault[]): string {
  return rules.map(sampleRule).join('')
}

function sampleRule({ name, checkStr, description, operations, scopeTypes }: RuleDefault): string {
  const lines = [
    ...comment(description),
    ...operations.map(({ method, path }) => `# ${method}  ${path}`),
    `# Intended scope(s): ${scopeTypes.join(', ')}`,
    `#"${name}": "${checkStr}"`,
  ]
  return `${lines.join('\n')}\n\n`
}

function comment(text: string): readonly string[] {
  const lines: string[] = []
  let line = '#'
  for (const word of text.split(' ')) {
    if (line !== '#' && line.length + 1 + word.length > LINE_CHARS_MAX) {
      lines.push(line)
      line = '#'
    }
    line += ` ${word}`
  }
  return [...lines, line]
}
