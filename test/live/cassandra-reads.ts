import { AsyncLocalStorage } from 'node:async_hooks'
import { Session } from '../../src/storage/cassandra/session.ts'

interface ReadCounts {
  all: number
  failed: number
}

/** Reads of this process's drivers since `countReads`. */
export const readCounts: ReadCounts = { all: 0, failed: 0 }
const scopes = new AsyncLocalStorage<ReadCounts>()
const { read } = Session.prototype

/** Starts counting. */
export function countReads(): void {
  Session.prototype.read = async function (...call) {
    const counts = [readCounts, scopes.getStore()].filter((each) => each !== undefined)
    for (const each of counts) each.all += 1
    try {
      return await read.apply(this, call)
    } catch (error) {
      for (const each of counts) each.failed += 1
      throw error
    }
  }
}

/** Counts the reads of some work, including all that it starts. */
export async function countedReads<T>(work: () => Promise<T>) {
  const counts = { all: 0, failed: 0 }
  const result = await scopes.run(counts, work)
  return { result, ...counts }
}
