import { closeSync, openSync, write, writeSync } from 'node:fs'

/** Bytes of lines that may wait for a slow disk or pipe. Lines past it are dropped and counted. */
const WAITING_BYTES_MAX = 4 * 2 ** 20
const RETRY_DELAY_MS = 50
const STDERR_FD = 2

/**
 * Where log lines go: a file, or standard error. Lines of one turn of the event loop are written
 * together, outside the event loop. A log that cannot be written never stops or stalls the service.
 */
export class LogSink {
  readonly #file: string | undefined
  readonly #onDropped: (lines: number) => void
  #fd: number
  /** Files of before a rotation; a write to one may be under way. */
  #replacedFds: number[] = []
  #waiting: string[] = []
  #waitingBytes = 0
  #isBusy = false
  #droppedLines = 0
  #whenIdle: (() => void)[] = []
  readonly #flushAtExit = () => this.flushSync()

  /** Opens the file for appending; throws what `openSync` throws. `onDropped` is told how many
   * lines were lost, once writing works again. */
  constructor(file: string | undefined, onDropped: (lines: number) => void) {
    this.#file = file
    this.#onDropped = onDropped
    this.#fd = openForAppending(file)
    process.on('exit', this.#flushAtExit)
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line)
    if (this.#waitingBytes + bytes > WAITING_BYTES_MAX) {
      this.#droppedLines++
      return
    }
    this.#waiting.push(line)
    this.#waitingBytes += bytes
    if (this.#isBusy) return
    this.#isBusy = true
    setImmediate(() => this.#writeWaiting())
  }

  /** Opens the file anew, after it was renamed by a log rotation. */
  reopen(): void {
    if (this.#file === undefined) return
    const fd = openForAppending(this.#file)
    this.#replacedFds.push(this.#fd)
    this.#fd = fd
    if (!this.#isBusy) this.#closeReplaced()
  }

  /** Writes what waits at once, as far as that works, for a process that ends. Lines that are on
   * their way at that moment arrive by themselves, perhaps after these. */
  flushSync(): void {
    const lines = this.#takeWaiting()
    try {
      for (let start = 0; start < lines.length; ) start += writeSync(this.#fd, lines, start)
    } catch {
      // There is nowhere left to report it to.
    }
  }

  /** Waits until all lines are written or lost, and closes the file. Later lines, if there are
   * any, go to standard error. */
  async close(): Promise<void> {
    await this.#idle()
    process.off('exit', this.#flushAtExit)
    if (this.#fd === STDERR_FD) return
    this.#replacedFds.push(this.#fd)
    this.#fd = STDERR_FD
    this.#closeReplaced()
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isBusy) this.#whenIdle.push(resolve)
      else resolve()
    })
  }

  #takeWaiting(): Buffer {
    const lines = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    this.#waitingBytes = 0
    return lines
  }

  #closeReplaced(): void {
    for (const fd of this.#replacedFds.splice(0)) closeSync(fd)
  }

  /** Called when no write is under way. */
  #writeWaiting(): void {
    this.#closeReplaced()
    const lines = this.#takeWaiting()
    if (lines.length > 0) {
      this.#writeFrom(this.#fd, lines, 0)
      return
    }
    this.#isBusy = false
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  #writeFrom(fd: number, lines: Buffer, start: number): void {
    write(fd, lines, start, lines.length - start, null, (error, bytes) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#writeFrom(fd, lines, start), RETRY_DELAY_MS)
      } else if (error) {
        this.#droppedLines += countLines(lines, start)
        this.#writeWaiting()
      } else if (start + bytes < lines.length) {
        this.#writeFrom(fd, lines, start + bytes)
      } else {
        this.#reportDropped()
        this.#writeWaiting()
      }
    })
  }

  #reportDropped(): void {
    if (this.#droppedLines === 0) return
    const lines = this.#droppedLines
    this.#droppedLines = 0
    this.#onDropped(lines)
  }
}

function openForAppending(file: string | undefined): number {
  return file === undefined ? STDERR_FD : openSync(file, 'a', 0o640)
}

function countLines(lines: Buffer, start: number): number {
  let count = 0
  for (let at = lines.indexOf('\n', start); at >= 0; at = lines.indexOf('\n', at + 1)) count++
  return count
}
