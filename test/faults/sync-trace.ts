/**
 * Reads strace's output about a service on LMDB. A mark in the item identifies a write: it appears
 * in the request that is read from a connection, and in the pages written to the database file. The
 * response goes to the same connection.
 *
 * LMDB's transaction is on disk after three steps: its pages are written, the file is synced, and
 * the meta page is written through a separate descriptor, opened with O_DSYNC.
 */
const CALL = /^(\d+) +(?:(\w+)\((.*)|<\.\.\. (\w+) resumed>(.*))$/s
const UNFINISHED = /<unfinished \.\.\.>$/
const MARK = /marked-\d+-/g
const ANSWER = '"HTTP/1.1 200'

type Stage = 'asked' | 'written' | 'synced' | 'durable'

export class SyncTrace {
  acknowledged = 0
  syncs = 0
  /** Marks of the writes that were answered before they were on disk. */
  readonly early: string[] = []
  readonly #stages = new Map<string, Stage>()
  /** The last write requested on each connection. */
  readonly #asked = new Map<string, string>()
  readonly #durableFiles = new Set<string>()
  /** Unfinished calls by thread. */
  readonly #begun = new Map<string, string>()

  add(line: string): void {
    const [, thread = '', name, text = '', resumed, rest = ''] = CALL.exec(line) ?? []
    if (name !== undefined) {
      // A client may see a response as soon as its call has begun; a sync counts only once it has
      // ended.
      if (name.startsWith('write')) this.#sent(text)
      if (UNFINISHED.test(text)) this.#begun.set(thread, text.replace(UNFINISHED, ''))
      else this.#ended(name, text)
    } else if (resumed !== undefined) {
      this.#ended(resumed, (this.#begun.get(thread) ?? '') + rest)
      this.#begun.delete(thread)
    }
  }

  #ended(name: string, text: string): void {
    const [file = ''] = /^\d+/.exec(text) ?? []
    if (name === 'openat' && text.includes('/data.mdb"')) this.#opened(text)
    else if (name === 'read') this.#received(file, text)
    else if (name.includes('write')) this.#wrote(file, text)
    else if (name === 'fdatasync' || name === 'fsync') this.#synced(text)
  }

  /** Descriptors are numbered per process. The worker opens the files last. */
  #opened(text: string): void {
    const [file = ''] = /\d+$/.exec(text) ?? []
    if (text.includes('O_DSYNC')) this.#durableFiles.add(file)
    else this.#durableFiles.delete(file)
  }

  #received(connection: string, text: string): void {
    const [mark] = text.match(MARK) ?? []
    if (mark === undefined || !text.includes('put_item')) return
    this.#stages.set(mark, 'asked')
    this.#asked.set(connection, mark)
  }

  #wrote(file: string, text: string): void {
    if (this.#durableFiles.has(file)) {
      this.#advance('synced', 'durable')
      return
    }
    for (const mark of text.match(MARK) ?? []) {
      if (this.#stages.get(mark) === 'asked') this.#stages.set(mark, 'written')
    }
  }

  #synced(text: string): void {
    if (!/= 0$/.test(text)) return
    this.syncs++
    this.#advance('written', 'synced')
  }

  #advance(from: Stage, to: Stage): void {
    for (const [mark, stage] of this.#stages) if (stage === from) this.#stages.set(mark, to)
  }

  #sent(text: string): void {
    const [connection = ''] = /^\d+/.exec(text) ?? []
    const mark = this.#asked.get(connection)
    if (mark === undefined || !text.includes(ANSWER)) return
    this.#asked.delete(connection)
    this.acknowledged++
    if (this.#stages.get(mark) !== 'durable') this.early.push(mark)
    this.#stages.delete(mark)
  }
}
