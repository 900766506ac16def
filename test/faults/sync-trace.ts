/**
 * Reads what strace has seen of a service on LMDB. A write is known by a mark in its item, which
 * appears in the request that is read from a connection, in the pages that are written to the
 * database file, and whose answer goes to the same connection.
 *
 * LMDB's transaction is on disk when its pages are written, the file is synced after that, and
 * then the meta page is written through a descriptor of its own, opened with O_DSYNC.
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
  /** Connections by the write that was asked on them last. */
  readonly #asked = new Map<string, string>()
  readonly #durableFiles = new Set<string>()
  /** Calls begun, by the thread that waits for their end. */
  readonly #begun = new Map<string, string>()

  add(line: string): void {
    const [, thread = '', name, text = '', resumed, rest = ''] = CALL.exec(line) ?? []
    if (name !== undefined) {
      // An answer may be seen by its reader as soon as its call has begun, whereas a sync counts
      // only once it has ended.
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

  /** Each process numbers its own; the worker is the last to open. */
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
