import type { LogRecord } from './log-record.ts'
import { redactField } from './redact.ts'

/** The record as one JSON object, its time in UTC. */
export function jsonLine({ timeMs, level, name, message, fields }: LogRecord): string {
  const line: Record<string, unknown> = {
    time: new Date(timeMs).toISOString(),
    process: process.pid,
    level,
    name,
    message,
  }
  const { context } = fields
  if (context !== undefined) {
    line.global_request_id = context.globalRequestId
    line.request_id = context.requestId
    line.user_id = context.userId
    line.project_id = context.projectId
  }
  for (const field of Object.keys(fields)) {
    if (field !== 'context') line[field] = redactField(field, fields[field])
  }
  return `${JSON.stringify(line)}\n`
}
