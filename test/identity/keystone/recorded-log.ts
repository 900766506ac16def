import type { KeystoneLog, LogFields } from '../../../src/identity/keystone/log.ts'

type Level = 'info' | 'warn' | 'error'

export class RecordedLog implements KeystoneLog {
  readonly lines: { level: Level; message: string; fields: LogFields }[] = []

  readonly info = this.#at('info')
  readonly warn = this.#at('warn')
  readonly error = this.#at('error')

  #at(level: Level) {
    return (fields: LogFields, message: string): void =>
      void this.lines.push({ level, message, fields })
  }

  get text(): string {
    return JSON.stringify(this.lines)
  }
}
