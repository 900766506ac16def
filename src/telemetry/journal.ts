import { fstatSync } from 'node:fs'

const STDERR_FD = 2

/** syslog priorities, which the journal reads at the start of a line. */
const PRIORITIES: Readonly<Record<string, number>> = { DEBUG: 7, INFO: 6, WARNING: 4, ERROR: 3 }

/** The priority prefix of a level, such as `<6>`. */
export function journalPriority(level: string): string {
  return `<${PRIORITIES[level] ?? PRIORITIES.INFO}>`
}

/** Whether standard error is connected to the journal. JOURNAL_STREAM contains the connection's
 * device and inode. Child processes inherit the variable even if their standard error is
 * another. */
export function isStandardErrorJournal(journalStream = process.env.JOURNAL_STREAM): boolean {
  if (!journalStream) return false
  try {
    const { dev, ino } = fstatSync(STDERR_FD)
    return journalStream === `${dev}:${ino}`
  } catch {
    return false
  }
}
