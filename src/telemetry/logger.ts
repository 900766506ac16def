import { closeSync, constants, openSync, statSync } from 'node:fs'
import { isatty } from 'node:tty'
import { pino } from 'pino'
import { isStandardErrorJournal, journalPriority } from './journal.ts'
import { textLine } from './text-line.ts'

/** The fields of a request context that lines contain. */
export interface LogContext {
  readonly requestId: string
  readonly globalRequestId?: string | undefined
  readonly userId?: string | undefined
  readonly projectId?: string | undefined
}

/** Fields with plain values. Those in `SECRET_NAMES` are never written. */
export interface LogFields extends Readonly<Partial<Record<OwnField, never>>> {
  /** The request that the line is about. */
  readonly context?: LogContext | undefined
  /** Written with stack and causes, but without other properties that libraries add. */
  readonly error?: unknown
  readonly [field: string]: unknown
}

/** Fields that every line has. */
type OwnField = 'time' | 'level' | 'process' | 'name' | 'message'

/** Writes lines under one name. Never throws or blocks. */
export interface Logger {
  /** Whether `debug` writes, to skip gathering costly fields. */
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
  /** Write for the journal even if standard error is not connected to it. */
  readonly useJournal?: boolean
}

export interface Log {
  /** A logger for lines with this name, such as `magnetodb.api`. */
  named(name: string): Logger
  /** Sets the level of all loggers, including existing ones. */
  setDebug(debug: boolean): void
  readonly isOnStandardError: boolean
  /** Whether lines are plain text on standard error, where a user may read them. */
  readonly isForReader: boolean
  /** Reopens the log file after a rotation. If that fails, logs it and continues in the old
   * file. */
  reopen(): void
  /** Resolves when all lines are written, or cannot be. Await it before `process.exit`, which loses
   * waiting lines. Later lines are dropped. */
  close(): Promise<void>
}

/** Bytes of lines that wait for a slow or full disk. Further lines are dropped and counted. */
const WAITING_BYTES_MAX = 4 * 2 ** 20
const CLOSE_MS_MAX = 2_000
const STDERR_FD = 2

/** oslo.log's names. */
const LEVELS: Readonly<Record<string, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
}

const SECRET_NAMES = [
  ...['password', 'secret', 'token', 'authorization', 'x-auth-token', 'x-subject-token'],
  ...['Authorization', 'X-Auth-Token', 'X-Subject-Token'],
]
/** Secrets are removed only at the top level and below `headers`, since pino's `*` costs 15 us per
 * line. */
const SECRET_PATHS = SECRET_NAMES.flatMap((name) => [`["${name}"]`, `headers["${name}"]`])

/** @throws Error with a one-line message if the log file cannot be opened */
export function openLog({ debug, useJson, logFile, useJournal = false }: LogOptions): Log {
  if (logFile !== undefined) checkOpens(logFile)
  const isForJournal = logFile === undefined && (useJournal || isStandardErrorJournal())
  const lineOf = useJson ? (isForJournal ? withPriority : asItIs) : textLine
  const dest = destinationOf(logFile)
  const destination = openDestination(dest)
  let isClosed = false
  let droppedLines = 0
  const root = pino(
    {
      level: levelOf(debug),
      base: { process: process.pid },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: LEVELS[label] }) },
      serializers: { context: contextFields, error: errorFields },
      redact: SECRET_PATHS,
    },
    {
      write(json) {
        if (isClosed) return
        const line = redactTokens(json)
        destination.write(lineOf(line, isForJournal))
      },
    },
  )
  const loggers: pino.Logger[] = []
  const named = (name: string): Logger => {
    const logger = root.child({ name })
    loggers.push(logger)
    return tellingDebug(logger)
  }
  const ownLogger = named('magnetodb.log')

  // Lines that could not be written are kept for the next write, within the limit.
  let hasReader = true
  destination.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') hasReader = false
  })
  destination.on('drop', () => droppedLines++)
  destination.on('drain', () => {
    if (droppedLines === 0) return
    const lines = droppedLines
    droppedLines = 0
    ownLogger.warn({ lines }, 'log lines were lost')
  })

  return {
    named,
    isOnStandardError: logFile === undefined,
    isForReader: logFile === undefined && !useJson && !isForJournal,
    setDebug(debug) {
      for (const logger of [root, ...loggers]) logger.level = levelOf(debug)
    },
    reopen() {
      if (logFile === undefined || typeof dest === 'number') return
      try {
        checkOpens(logFile)
        destination.reopen()
      } catch (error) {
        ownLogger.error({ error }, 'cannot reopen the log file; the old one stays in use')
      }
    },
    async close() {
      if (isClosed) return
      isClosed = true
      // pino never closes a destination without a reader.
      if (hasReader) await end(destination)
    },
  }
}

function tellingDebug(logger: pino.Logger): Logger {
  const telling = logger as pino.Logger & { isDebugEnabled: boolean }
  return Object.defineProperty(telling, 'isDebugEnabled', {
    get: () => logger.isLevelEnabled('debug'),
  })
}

function levelOf(debug: boolean): 'debug' | 'info' {
  return debug ? 'debug' : 'info'
}

function asItIs(json: string): string {
  return json
}

/** JSON for the journal, which removes the priority. */
function withPriority(json: string): string {
  const [, level = ''] = /"level":"(\w+)"/.exec(json) ?? []
  return `${journalPriority(level)}${json}`
}

type Destination = ReturnType<typeof pino.destination>

function openDestination(dest: string | number): Destination {
  const destination = pino.destination({ dest, sync: false, maxLength: WAITING_BYTES_MAX })
  // pino calls this at exit, and on a full disk it would never return (sonic-boom 4.2).
  destination.flushSync = () => {}
  return destination
}

const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants

/** A file's path, or a non-blocking descriptor for a pipe or terminal, because a process cannot
 * exit while a thread waits for a reader. */
function destinationOf(logFile: string | undefined): string | number {
  const path = logFile ?? `/proc/self/fd/${STDERR_FD}`
  try {
    const stat = statSync(path)
    if (stat.isFIFO() || stat.isCharacterDevice()) {
      const fd = openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY)
      if (stat.isFIFO() || isatty(fd)) return fd
      closeSync(fd)
    }
  } catch {}
  return logFile ?? STDERR_FD
}

/** Creates the file if needed, without waiting for the reader of a named pipe. Throws at once. The
 * destination would only fail later, and would close a descriptor twice after a failed `reopen`. */
function checkOpens(logFile: string): void {
  try {
    closeSync(openSync(logFile, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o640))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`cannot open the log file: ${reason}`, { cause: error })
  }
}

function end(destination: Destination): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSE_MS_MAX)
    destination.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    destination.once('error', () => destination.destroy())
    destination.end()
  })
}

function contextFields({ requestId, globalRequestId, userId, projectId }: LogContext) {
  return {
    request_id: requestId,
    global_request_id: globalRequestId,
    user_id: userId,
    project_id: projectId,
  }
}

function errorFields(error: unknown) {
  if (!(error instanceof Error)) return String(error)
  const { type, message, stack } = pino.stdSerializers.err(error)
  return { type, message, stack }
}

/** Matches Keystone's Fernet and JWS tokens anywhere in a line. Requires no word boundary, because
 * in JSON a token may follow the `n` of an escaped newline. */
const TOKEN = /gAAAAA[\w-]{20,}=*|eyJ[\w-]{8,400}\.[\w.-]+/g

function redactTokens(line: string): string {
  return line.replace(TOKEN, '[Redacted]')
}
