import type { LogContext, LogRecord } from './log-record.ts'
import { describeError, type ErrorDescription, redactField } from './redact.ts'

/**
 * The record as text, as oslo.log lays it out, with the fields after the message:
 *
 *     2026-11-21 12:00:00.123 4242 INFO magnetodb.api [- req-… user project] done status=200
 *
 * The time is local. `[-]` stands where there is no request. An error's stack follows on lines of
 * the same beginning. Control characters are escaped: no value can forge a line.
 */
export function textLine({ timeMs, level, name, message, fields }: LogRecord): string {
  const start = `${localTime(timeMs)} ${process.pid} ${level} ${name} ${contextText(fields.context)}`
  let line = `${start} ${message}`
  for (const field of Object.keys(fields)) {
    if (field === 'context' || field === 'error') continue
    line += ` ${field}=${fieldText(redactField(field, fields[field]))}`
  }
  let text = `${escapeControls(line)}\n`
  for (const errorLine of errorLines(fields.error)) {
    text += `${escapeControls(`${start} ${errorLine}`)}\n`
  }
  return text
}

function contextText(context: LogContext | undefined): string {
  if (context === undefined) return '[-]'
  const { globalRequestId = '-', requestId, userId = '-', projectId = '-' } = context
  return `[${globalRequestId} ${requestId} ${userId} ${projectId}]`
}

function fieldText(value: unknown): string {
  const isPlain = typeof value === 'string' ? /^[^\s"=]+$/.test(value) : typeof value === 'number'
  return isPlain ? String(value) : (JSON.stringify(value) ?? String(value))
}

const CONTROL = /\p{Cc}/u
const CONTROLS = /\p{Cc}/gu

function escapeControls(text: string): string {
  if (!CONTROL.test(text)) return text
  return text.replace(CONTROLS, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function errorLines(error: unknown): string[] {
  if (error === undefined) return []
  if (!(error instanceof Error)) return [fieldText(redactField('error', error))]
  const lines: string[] = []
  let label = ''
  let described: ErrorDescription | undefined = describeError(error)
  while (described !== undefined) {
    lines.push(...(label + described.stack).split('\n'))
    label = 'caused by: '
    described = described.cause
  }
  return lines
}

let formattedSecond = Number.NaN
let formattedText = ''

/** `2026-11-21 12:00:00.123`; all but the milliseconds is made once a second. */
function localTime(timeMs: number): string {
  const second = Math.floor(timeMs / 1000)
  if (second !== formattedSecond) {
    formattedSecond = second
    formattedText = secondText(new Date(timeMs))
  }
  return `${formattedText}.${String(timeMs - second * 1000).padStart(3, '0')}`
}

function secondText(time: Date): string {
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()]
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()]
  return `${date.map(twoDigits).join('-')} ${clock.map(twoDigits).join(':')}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
