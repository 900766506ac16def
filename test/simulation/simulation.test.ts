import * as assert from 'uvu/assert'
import { seeded } from '../seeded.ts'
import { suite } from '../support/suite.ts'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { play, SUBJECTS } from './schedule.ts'

const test = suite('simulation')

/** Number of schedules, 2,000 in all. */
const SCHEDULES = { items: 1_880, tables: 90, expiry: 30 }
const SCHEDULES_PER_BUG_MAX = { items: 100, tables: 60, expiry: 10 }
/** Of eleven bugs. The most hidden ones show in one of twelve schedules. */
const BUGS_FOUND_MIN = 10

for (const subject of SUBJECTS) {
  test(`${subject}: every simulated schedule agrees with a plain table`, async () => {
    const random = seeded(`simulation of ${subject}`)
    for (let n = 0; n < SCHEDULES[subject]; n++) {
      const seed = random.below(2 ** 31)
      const fault = await play(seed, subject)
      assert.is(fault && `schedule ${seed}: ${fault}`, undefined)
    }
  })
}

test('control: the simulation finds nearly all planted bugs', async () => {
  const random = seeded('planted bugs')
  const missed: string[] = []
  for (const bug of PLANTED_BUGS) {
    let isFound = false
    for (let n = 0; n < SCHEDULES_PER_BUG_MAX[bug.subject] && !isFound; n++) {
      isFound = (await play(random.below(2 ** 31), bug.subject, bug)) !== undefined
    }
    if (!isFound) missed.push(bug.name)
  }
  assert.ok(PLANTED_BUGS.length - missed.length >= BUGS_FOUND_MIN, `missed: ${missed.join(', ')}`)
})

test.run()
