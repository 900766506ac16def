import type { KeystoneLog, LogFields } from '../../../src/identity/keystone/log.ts'

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: LogFields
}

/** Keeps what would be logged. */
export class RecordedLog implements KeystoneLog {
  readonly lines: LogLine[] = []

  info(fields: LogFields, message: string): void {
    this.lines.push({ level: 'info', message, fields })
  }

  warn(fields: LogFields, message: string): void {
    this.lines.push({ level: 'warn', message, fields })
  }

  error(fields: LogFields, message: string): void {
    this.lines.push({ level: 'error', message, fields })
  }

  get text(): string {
    return JSON.stringify(this.lines)
  }
}
