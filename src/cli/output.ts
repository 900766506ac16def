import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const PROGRESS_INTERVAL_MS = 500

/** Writes lines to standard output at the reader's pace. A reader that closes it early, like
 * `head`, is no error. */
export async function writeLines(lines: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const chunks = async function* () {
    for await (const line of lines) yield `${line}\n`
  }
  try {
    await pipeline(Readable.from(chunks()), process.stdout, { end: false })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error
  }
}

/** Passes things on. Shows their count on standard error if that is a terminal and standard output
 * is not. */
export async function* withProgress<T>(things: AsyncIterable<T>, noun: string): AsyncGenerator<T> {
  const { stderr, stdout } = process
  if (!stderr.isTTY || stdout.isTTY) return yield* things
  let count = 0
  const show = () => stderr.write(`\r${count.toLocaleString('en')} ${noun}`)
  const timer = setInterval(show, PROGRESS_INTERVAL_MS)
  try {
    for await (const thing of things) {
      count += 1
      yield thing
    }
  } finally {
    clearInterval(timer)
    show()
    stderr.write('\n')
  }
}
