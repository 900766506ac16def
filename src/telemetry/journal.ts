import { fstatSync } from 'node:fs'

const STDERR_FD = 2

/** Priorities of syslog, as the journal reads them at the beginning of a line. */
const PRIORITIES: Readonly<Record<string, number>> = { DEBUG: 7, INFO: 6, WARNING: 4, ERROR: 3 }

/** What a line of this level begins with for the journal, such as `<6>`. */
export function journalPriority(level: string): string {
  return `<${PRIORITIES[level] ?? PRIORITIES.INFO}>`
}

/** Whether standard error is the journal's: JOURNAL_STREAM names its device and inode. The variable
 * alone does not say so, for it is inherited by processes whose standard error is another. */
export function isStandardErrorJournal(journalStream = process.env.JOURNAL_STREAM): boolean {
  if (!journalStream) return false
  try {
    const { dev, ino } = fstatSync(STDERR_FD)
    return journalStream === `${dev}:${ino}`
  } catch {
    return false
  }
}
