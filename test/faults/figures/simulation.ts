import { PLANTED_BUGS } from '../../simulation/planted-bugs.ts'
import { play, type Subject } from '../../simulation/schedule.ts'
import type { Figure } from '../figure.ts'

const SCHEDULES = { items: 47_000, tables: 2_250, expiry: 750 } as const
const SHORT_SHARE = 0.04
const SCHEDULES_PER_BUG_MAX = { items: 300, tables: 120, expiry: 30 } as const
const BUGS_FOUND_MIN = 9

/** Compares the engine, on a storage that delays, loses, repeats and reorders, with a plain
 * model. */
export const SIMULATION: Figure = {
  name: '17',
  shows: 'simulated schedules are those of a plain table, and planted bugs are found',
  controls: [],
  async measure({ short, random, signal }) {
    const faults: string[] = []
    let schedules = 0
    for (const [subject, full] of Object.entries(SCHEDULES) as [Subject, number][]) {
      const count = Math.ceil(short ? full * SHORT_SHARE : full)
      for (let n = 0; n < count && !signal.aborted; n++, schedules++) {
        const seed = random.below(2 ** 31)
        const fault = await play(seed, subject)
        if (fault) faults.push(`${subject}, schedule ${seed}: ${fault}`)
      }
    }
    const wrong = faults.length
    const found: string[] = []
    for (const bug of PLANTED_BUGS) {
      for (let n = 0; n < SCHEDULES_PER_BUG_MAX[bug.subject] && !signal.aborted; n++) {
        if (!(await play(random.below(2 ** 31), bug.subject, bug))) continue
        found.push(bug.name)
        break
      }
    }
    if (found.length < BUGS_FOUND_MIN) faults.push(`only ${found.length} planted bugs were found`)
    return {
      value: wrong,
      target: `0 wrong schedules, at least ${BUGS_FOUND_MIN} planted bugs found`,
      faults,
      detail: { schedules, planted: PLANTED_BUGS.length, found },
    }
  },
}
