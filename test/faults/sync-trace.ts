const CALL = /^(\d+) +(?:(\w+)\((.*)|<\.\.\. (\w+) resumed>(.*))$/s
const UNFINISHED = /<unfinished \.\.\.>$/
const MARK = /marked-\d+-/g
const ANSWER = '"HTTP/1.1 200'

type Stage = 'asked' | 'written' | 'synced' | 'durable'

/**
 * Reads strace's output about a service on LMDB. A mark in the item identifies a write: it appears
 * in the request that is read from a connection, and in the pages written to the database file. The
 * response goes to the same connection.
 *
 * LMDB's transaction is on disk after three steps: its pages are written, the file is synced, and
 * the meta page is written through a separate descriptor, opened with O_DSYNC.
 */
export async function readSyncTrace(lines: AsyncIterable<string>) {
  let [acknowledged, syncs] = [0, 0]
  /** Marks of the writes that were answered before they were on disk. */
  const early: string[] = []
  const stages = new Map<string, Stage>()
  /** The last write requested on each connection. */
  const asked = new Map<string, string>()
  const durableFiles = new Set<string>()
  /** Unfinished calls by thread. */
  const begun = new Map<string, string>()

  const advance = (from: Stage, to: Stage) => {
    for (const [mark, stage] of stages) if (stage === from) stages.set(mark, to)
  }
  const sent = (text: string) => {
    const mark = asked.get(fileOf(text))
    if (mark === undefined || !text.includes(ANSWER)) return
    asked.delete(fileOf(text))
    acknowledged++
    if (stages.get(mark) !== 'durable') early.push(mark)
    stages.delete(mark)
  }
  const ended = (name: string, text: string) => {
    const marks = text.match(MARK) ?? []
    if (name === 'openat' && text.includes('/data.mdb"')) {
      // Descriptors are numbered per process. The worker opens the files last.
      const [opened = ''] = /\d+$/.exec(text) ?? []
      if (text.includes('O_DSYNC')) durableFiles.add(opened)
      else durableFiles.delete(opened)
    } else if (name === 'read' && marks[0] !== undefined && text.includes('put_item')) {
      stages.set(marks[0], 'asked')
      asked.set(fileOf(text), marks[0])
    } else if (name.includes('write') && durableFiles.has(fileOf(text))) {
      advance('synced', 'durable')
    } else if (name.includes('write')) {
      for (const mark of marks) if (stages.get(mark) === 'asked') stages.set(mark, 'written')
    } else if (/^(fdatasync|fsync)$/.test(name) && /= 0$/.test(text)) {
      syncs++
      advance('written', 'synced')
    }
  }
  for await (const line of lines) {
    const [, thread = '', name, text = '', resumed, rest = ''] = CALL.exec(line) ?? []
    // A client may see a response as soon as its call has begun; a sync counts only once it has
    // ended.
    if (name?.startsWith('write')) sent(text)
    if (UNFINISHED.test(text)) begun.set(thread, text.replace(UNFINISHED, ''))
    else if (name !== undefined) ended(name, text)
    if (resumed === undefined) continue
    ended(resumed, (begun.get(thread) ?? '') + rest)
    begun.delete(thread)
  }
  return { acknowledged, early, syncs }
}

/** The descriptor that the call is about. */
function fileOf(text: string): string {
  return /^\d+/.exec(text)?.[0] ?? ''
}
