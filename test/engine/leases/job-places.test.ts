import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { addJob } from '../../../src/engine/leases/add-job.ts'
import { type JobState, newJob } from '../../../src/engine/leases/job.ts'
import { Jobs } from '../../../src/engine/leases/jobs.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'
import { add, allDone, kindOf, TIMES, WAIT_MS, Worker } from './workers.ts'

/** Which jobs start and when, if there are many or some fail. */
const test = suite('places of jobs')

test('a job that fails in one process is completed by another', async () => {
  const store = new WornStore()
  const [ill, well] = [new Worker(store), new Worker(store)]
  ill.start(kindOf(() => Promise.reject(new Error('a fault of this process alone'))))
  await add(well.driver, 'job')
  await until('it fails', () => ill.errors.length > 0)
  let done = false
  well.start(
    kindOf(async () => {
      done = true
      return 'done'
    }),
  )
  await allDone(well.driver)
  assert.ok(done)
  await ill.close()
  await well.close()
})

test('the pause after a failure grows with the number of failures', async () => {
  const driver = new WornDriver()
  const since = performance.now()
  const tries: number[] = []
  const kinds = [
    kindOf(async () => {
      tries.push(performance.now() - since)
      throw new Error('no room')
    }),
  ]
  const times = { ...TIMES, failurePauseMaxMs: 60_000 }
  const reports = { onBackgroundError: () => {}, onJobFailing: () => {} }
  const jobs = new Jobs({ driver, kinds, times, ...reports })
  await add(driver, 'job')
  await until('it was tried three times', () => tries.length === 3)
  const [first = 0, second = 0, third = 0] = tries
  assert.ok(second - first >= 200)
  assert.ok(third - second >= 400)
  await jobs.close()
})

/** Adds a job of another kind, whose id sorts after all others. */
function addLast(driver: StorageDriver, kind: string): Promise<void> {
  return addJob(driver, newJob(`last-${kind}`, kind, {}), performance.now() + WAIT_MS)
}

test('resting and failing jobs do not block others', async () => {
  const worker = new Worker(new WornStore())
  let resting = 0
  let failures = 0
  let done = false
  worker.start(
    kindOf(async (state) => {
      if (state.fails) {
        failures++
        throw new Error('no room')
      }
      resting++
      return { state, restMs: 60_000 }
    }),
    {
      kind: 'quick',
      async step() {
        done = true
        return 'done'
      },
    },
  )
  for (let n = 0; n < 100; n++) {
    await add(worker.driver, `fails-${n}`, { fails: true })
    await add(worker.driver, `job-${n}`)
  }
  await until('all have begun', () => resting === 100 && failures > 100)
  await addLast(worker.driver, 'quick')
  await until('one more is done', () => done)
  await worker.close()
})

test('long jobs take turns with other jobs', async () => {
  const worker = new Worker(new WornStore(), { ...TIMES, turnMs: 20 })
  const begun = new Set<unknown>()
  let isOver = false
  let done = false
  worker.start(
    kindOf(async (state) => {
      begun.add(state.id)
      await delay(1)
      return isOver ? 'done' : { state }
    }),
    {
      kind: 'quick',
      async step() {
        done = true
        return 'done'
      },
    },
  )
  for (let n = 0; n < 50; n++) await add(worker.driver, `job-${n}`, { id: n })
  await addLast(worker.driver, 'quick')
  await until('all have begun, and the short one is done', () => begun.size === 50 && done)
  isOver = true
  await allDone(worker.driver)
  assert.equal(worker.errors, [])
  await worker.close()
})

test('a process works on a limited number of jobs; others take the rest', async () => {
  const store = new WornStore()
  const workers = Array.from({ length: 2 }, () => new Worker(store))
  const counts = [0, 0]
  const [one, two] = workers as [Worker, Worker]
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  for (let n = 0; n < 42; n++) await add(one.driver, `job-${n}`)
  const hanging = (i: number) =>
    kindOf(async () => {
      counts[i] = (counts[i] ?? 0) + 1
      await gate
      return 'done'
    })
  one.start(hanging(0))
  await until('it is full', () => counts[0] === 32)
  two.start(hanging(1))
  await until('the other has the rest', () => (counts[1] ?? 0) >= 10)
  assert.is(counts[0], 32)
  release()
  for (const worker of workers) await worker.close()
})

test('a standing job runs although all places are taken by hanging jobs', async () => {
  const worker = new Worker(new WornStore())
  let hanging = 0
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let steps = 0
  for (let n = 0; n < 60; n++) await add(worker.driver, `job-${n}`)
  const standing = {
    kind: 'standing',
    standing: () => [newJob('standing', 'standing', {})],
    step: async (state: JobState) => {
      steps++
      return { state, restMs: 5 }
    },
  }
  worker.start(
    kindOf(async () => {
      hanging++
      await gate
      return 'done'
    }),
    standing,
  )
  await until('it goes on and on', () => steps > 3 && hanging >= 32)
  assert.is(hanging, 32)
  release()
  await until('the others are done', () => hanging === 60)
  await worker.close()
})

test.run()
