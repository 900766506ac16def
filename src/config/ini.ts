import { ConfigError } from './config-error.ts'

/** An assignment as written in a file, unquoted but not interpolated. */
export interface IniValue {
  readonly text: string
  /** `file:line`, for messages. */
  readonly where: string
}

/** All assignments by section and option, in the order of the file. */
export type IniSections = ReadonlyMap<string, ReadonlyMap<string, readonly IniValue[]>>

interface OpenAssignment {
  readonly key: string
  readonly lines: string[]
  readonly where: string
}

/**
 * Parses the INI dialect of oslo.config 10.7:
 *
 * - `key = value` or `key: value`, at the first of the two signs. One pair of matching quotes
 *   around the first line of a value is removed.
 * - Indented lines continue the value, joined by line feeds, even if they look like comments. A
 *   blank line or a comment ends the value.
 * - `#` and `;` start a comment in a line's first column only. Nothing may follow `[section]`.
 * - Sections may be repeated. Their names ignore case, except DEFAULT.
 *
 * @throws ConfigError that names the line but never quotes it, since it may contain a secret
 */
export function parseIni(text: string, fileName: string): IniSections {
  const sections = new Map<string, Map<string, IniValue[]>>()
  let section: Map<string, IniValue[]> | undefined
  let open: OpenAssignment | undefined

  function close(): void {
    if (open === undefined || section === undefined) return
    const { key, lines, where } = open
    entryOf(section, key, () => []).push({ text: lines.join('\n'), where })
    open = undefined
  }

  for (const [index, rawLine] of text.split(/\r\n|\r|\n/).entries()) {
    const line = rawLine.trimEnd()
    const where = `${fileName}:${index + 1}`
    if (/^[ \t]/.test(line)) {
      if (open === undefined) throw new ConfigError(`${where}: unexpected indented line`)
      open.lines.push(line.trimStart())
      continue
    }
    close()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    if (line.startsWith('[')) {
      section = entryOf(sections, sectionName(line, where), () => new Map())
    } else {
      if (section === undefined) throw new ConfigError(`${where}: an option before any [section]`)
      open = assignment(line, where)
    }
  }
  close()
  return sections
}

function entryOf<V>(map: Map<string, V>, key: string, create: () => V): V {
  const present = map.get(key)
  if (present !== undefined) return present
  const created = create()
  map.set(key, created)
  return created
}

function sectionName(line: string, where: string): string {
  if (!line.endsWith(']')) throw new ConfigError(`${where}: a section line must end with "]"`)
  const name = line.slice(1, -1)
  if (name === '') throw new ConfigError(`${where}: empty section name`)
  return name === 'DEFAULT' ? name : name.toLowerCase()
}

function assignment(line: string, where: string): OpenAssignment {
  const sign = line.search(/[=:]/)
  if (sign < 0) throw new ConfigError(`${where}: expected "option = value"`)
  const key = line.slice(0, sign).trim()
  if (key === '') throw new ConfigError(`${where}: no option name before the "${line[sign]}"`)
  return { key, lines: [unquote(line.slice(sign + 1).trim())], where }
}

function unquote(value: string): string {
  const first = value[0]
  return (first === '"' || first === "'") && value.endsWith(first) ? value.slice(1, -1) : value
}
