import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { addJob, type JobState, newJob } from '../../../src/engine/leases/job.ts'
import { JOBS_HELD_MAX, Jobs } from '../../../src/engine/leases/jobs.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { MemoryDriver } from '../../../src/storage/memory/driver.ts'
import { MemoryStore } from '../../../src/storage/memory/store.ts'
import { add, allDone, kindOf, TIMES, until, WAIT_MS, Worker } from './workers.ts'

/** Which jobs are begun, and when, where there are many of them or some that fail. */
const test = suite('places of jobs')

test('a job that fails in one process is done by another', async () => {
  const store = new MemoryStore()
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

test('a job that fails is left alone the longer the more often it has failed', async () => {
  const driver = new MemoryDriver()
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

/** Jobs of a second kind, whose ids are behind all others. */
function addLast(driver: StorageDriver, kind: string): Promise<void> {
  return addJob(driver, newJob(`last-${kind}`, kind, {}), performance.now() + WAIT_MS)
}

test('jobs that pause, and jobs that fail, keep no others from being begun', async () => {
  const worker = new Worker(new MemoryStore())
  let pausing = 0
  let failures = 0
  let done = false
  worker.start(
    kindOf(async (state) => {
      if (state.fails) {
        failures++
        throw new Error('no room')
      }
      pausing++
      return { state, pauseMs: 60_000 }
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
  await until('all have begun', () => pausing === 100 && failures > 100)
  await addLast(worker.driver, 'quick')
  await until('one more is done', () => done)
  await worker.close()
})

test('a process takes up so many jobs and leaves the others to others', async () => {
  const store = new MemoryStore()
  const workers = Array.from({ length: 2 }, () => new Worker(store))
  const counts = [0, 0]
  const [one, two] = workers as [Worker, Worker]
  for (let n = 0; n < JOBS_HELD_MAX + 10; n++) await add(one.driver, `job-${n}`)
  const pausing = (i: number) =>
    kindOf(async (state) => {
      counts[i] = (counts[i] ?? 0) + 1
      return { state, pauseMs: 60_000 }
    })
  one.start(pausing(0))
  await until('it is full', () => counts[0] === JOBS_HELD_MAX)
  await delay(20 * TIMES.pollMs)
  two.start(pausing(1))
  await until('the other has the rest', () => counts[1] === 10)
  assert.is(counts[0], JOBS_HELD_MAX)
  for (const worker of workers) await worker.close()
})

test('a job that is always there is worked on however many others hang', async () => {
  const worker = new Worker(new MemoryStore())
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
      return { state, pauseMs: 5 }
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

test('many jobs pause at once, without a warning, and closing ends their pauses', async () => {
  const warnings: Error[] = []
  const warned = (warning: Error) => warnings.push(warning)
  process.on('warning', warned)
  const worker = new Worker(new MemoryStore())
  let steps = 0
  const pausing = kindOf(async (state) => {
    steps += 1
    return { state, pauseMs: 60_000 }
  })
  for (let n = 0; n < 32; n += 1) await add(worker.driver, `job-${n}`)
  worker.start(pausing)
  await until('all jobs have begun', () => steps === 32)
  const since = performance.now()
  await worker.close()
  assert.ok(performance.now() - since < WAIT_MS)
  assert.equal(worker.errors, [])
  process.off('warning', warned)
  assert.equal(warnings, [])
})

test.run()
