import type { KeystoneLog, LogFields } from '../../../src/identity/keystone/log.ts'

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: LogFields
}

export class RecordedLog implements KeystoneLog {
  readonly lines: LogLine[] = []

  readonly info = this.#at('info')
  readonly warn = this.#at('warn')
  readonly error = this.#at('error')

  #at(level: LogLine['level']) {
    return (fields: LogFields, message: string): void =>
      void this.lines.push({ level, message, fields })
  }

  get text(): string {
    return JSON.stringify(this.lines)
  }
}
