import { jsonLine } from './json-line.ts'
import type { LogFields, LogRecord } from './log-record.ts'
import { LogSink } from './log-sink.ts'
import { redactTokens } from './redact.ts'
import { textLine } from './text-line.ts'

export type { LogContext, LogFields } from './log-record.ts'

/** Writes lines under one name. Never throws and never waits. */
export interface Logger {
  /** Whether `debug` writes anything, for fields that cost something to gather. */
  readonly isDebugEnabled: boolean
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

export interface LogOptions {
  readonly debug: boolean
  /** JSON objects instead of oslo.log's text. */
  readonly useJson: boolean
  /** Undefined: standard error. */
  readonly logFile: string | undefined
}

/** The log of a process. */
export interface Log {
  /** A logger whose lines carry this name, such as `magnetodb.api`. */
  named(name: string): Logger
  /** Opens the log file anew, after a rotation. Throws when it cannot. */
  reopen(): void
  /** Resolves when all lines are written. At the exit of the process they are written anyway. */
  close(): Promise<void>
}

/**
 * Opens the log. Throws an error of one line when the log file cannot be opened.
 *
 * The lines are made here and not by pino: it makes only JSON, and text made from that costs seven
 * times as much, at a line per request; and on a full disk its destination ends the process by an
 * `error` event or never returns from its flush at exit.
 */
export function openLog({ debug, useJson, logFile }: LogOptions): Log {
  const formatLine = useJson ? jsonLine : textLine
  const sink = openSink(logFile, (lines) => {
    logger('magnetodb.log').warn({ lines }, 'lines of the log were lost')
  })

  function logger(name: string): Logger {
    function write(level: string, fields: LogFields, message: string): void {
      const record: LogRecord = { timeMs: Date.now(), level, name, message, fields }
      sink.write(redactTokens(formatLine(record)))
    }
    return {
      isDebugEnabled: debug,
      debug: debug ? (fields, message) => write('DEBUG', fields, message) : () => {},
      info: (fields, message) => write('INFO', fields, message),
      warn: (fields, message) => write('WARNING', fields, message),
      error: (fields, message) => write('ERROR', fields, message),
    }
  }

  return { named: logger, reopen: () => sink.reopen(), close: () => sink.close() }
}

function openSink(logFile: string | undefined, onDropped: (lines: number) => void): LogSink {
  try {
    return new LogSink(logFile, onDropped)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`cannot open the log file: ${reason}`, { cause: error })
  }
}
