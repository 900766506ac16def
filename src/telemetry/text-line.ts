import { escapeInvisible } from './invisible.ts'
import { journalPriority } from './journal.ts'

/** A line as pino formats it. */
interface JsonLine {
  /** ISO 8601, in UTC. */
  readonly time: string
  readonly level: string
  readonly process: number
  readonly name: string
  readonly message: string
  readonly context?: Readonly<Partial<Record<ContextField, string>>>
  readonly error?: string | { readonly stack: string }
  readonly [field: string]: unknown
}

const CONTEXT_FIELDS = ['global_request_id', 'request_id', 'user_id', 'project_id'] as const
type ContextField = (typeof CONTEXT_FIELDS)[number]

/**
 * Formats a JSON line like oslo.log, with the fields after the message:
 *
 *     2026-11-21 12:00:00.123 4242 INFO magnetodb.api [- req-… user project] done status: 200
 *
 * The time is local. `[-]` means that there is no request. An error's stack follows on lines with
 * the same prefix. Invisible characters are escaped, so that no value can forge a line. For the
 * journal, the time is replaced by a priority: `<6>4242 INFO …`.
 */
export function textLine(json: string, isForJournal = false): string {
  const line: JsonLine = JSON.parse(json)
  const { time, level, process, name, message, context, error, ...fields } = line
  const request = context ? CONTEXT_FIELDS.map((field) => context[field] ?? '-').join(' ') : '-'
  const begin = isForJournal ? journalPriority(level) : `${localTime(time)} `
  const start = `${process} ${level} ${name} [${request}]`
  let text = `${start} ${message}`
  for (const field of Object.keys(fields)) text += ` ${field}: ${fieldText(fields[field])}`
  const lines = [text, ...errorLines(error).map((line) => `${start} ${line}`)]
  return lines.map((each) => `${begin}${escapeInvisible(each)}\n`).join('')
}

function localTime(time: string): string {
  const date = new Date(time)
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, -1).replace('T', ' ')
}

/** Quoted unless it is one word. */
function fieldText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"]+$/.test(value) ? value : JSON.stringify(value)
}

function errorLines(error: JsonLine['error']): string[] {
  if (error === undefined) return []
  return (typeof error === 'string' ? error : error.stack).split('\n')
}
