import { Session } from '../../src/storage/cassandra/session.ts'

/** Reads of this process's drivers. */
export const readCounts = { all: 0, failed: 0 }

/** Counts from now on. */
export function countReads(): void {
  const { read } = Session.prototype
  Session.prototype.read = async function (...call) {
    readCounts.all += 1
    try {
      return await read.apply(this, call)
    } catch (error) {
      readCounts.failed += 1
      throw error
    }
  }
}
