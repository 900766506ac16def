import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { Jobs } from '../../../src/engine/leases/jobs.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'
import { add, allDone, counting, jobsOf, kindOf, TIMES, Worker } from './workers.ts'

/** Jobs that rest, and processes that work on no jobs. */
const test = suite('rests')

test('closing releases a job at once for its next step', async () => {
  const store = new WornStore()
  const [one, two] = [new Worker(store), new Worker(store)]
  const steps: string[] = []
  let isLast = false
  const stepping = (name: string) =>
    kindOf(async ({ n }) => {
      steps.push(`${name} ${n}`)
      await delay(1)
      return isLast ? 'done' : { state: { n: Number(n) + 1 } }
    })
  one.start(stepping('one'))
  await add(one.driver, 'job')
  await until('it has begun', () => steps.length > 2)
  await one.close()
  const done = steps.length
  const [job] = await jobsOf(one.driver)
  assert.equal([job?.owner, job?.restMs, job?.state], [null, 0, { n: done }])
  isLast = true
  two.start(stepping('two'))
  await allDone(two.driver)
  assert.is(steps.at(-1), `two ${done}`)
  await two.close()
})

test('a resting job waits for its rest, then any process continues it', async () => {
  const store = new WornStore()
  const [one, two] = [new Worker(store), new Worker(store)]
  const restMs = 2 * TIMES.leaseMs
  let restsFrom = 0
  let goesOnAt = 0
  const kind = kindOf(async ({ n }) => {
    if (n === 1) {
      goesOnAt = performance.now()
      return 'done'
    }
    restsFrom = performance.now()
    return { state: { n: 1 }, restMs }
  })
  one.start(kind)
  await add(one.driver, 'job')
  await until('it rests', async () => (await jobsOf(one.driver))[0]?.restMs === restMs)
  const [job] = await jobsOf(one.driver)
  assert.equal([job?.owner, job?.state], [null, { n: 1 }])
  await one.close()
  assert.equal(await jobsOf(one.driver), [job], 'closing changes nothing')
  two.start(kind)
  await allDone(two.driver)
  assert.ok(goesOnAt - restsFrom >= restMs)
  assert.is(two.errors.length, 0)
  await two.close()
})

test('resting jobs cost no commits and block no process', async () => {
  const worker = new Worker(new WornStore())
  let steps = 0
  const resting = kindOf(async (state) => {
    steps += 1
    return { state, restMs: 60_000 }
  })
  for (let n = 0; n < 300; n += 1) await add(worker.driver, `job-${n}`)
  worker.start(resting)
  await until('all jobs rest', async () =>
    (await jobsOf(worker.driver)).every(({ restMs }) => restMs === 60_000),
  )
  assert.is(steps, 300)
  const { committedAt } = worker
  await delay(20 * TIMES.pollMs)
  assert.is(worker.committedAt, committedAt)
  await worker.close()
  assert.equal(worker.errors, [])
})

test('a process with wakeOther polls only after lookForJobs', async () => {
  const driver = new WornDriver()
  const { slice } = driver
  let looks = 0
  driver.slice = (...call) => {
    looks++
    return slice.apply(driver, call)
  }
  let steps = 0
  let told = 0
  const kinds = [counting(1, () => steps++)]
  const reports = { onBackgroundError: () => {}, onJobFailing: () => {} }
  const wakeOther = () => told++
  const jobs = new Jobs({ driver, kinds, times: TIMES, ...reports, wakeOther })
  await add(driver, 'job')
  jobs.wake()
  await delay(20 * TIMES.pollMs)
  assert.equal([looks, steps, told], [0, 0, 1])
  jobs.lookForJobs()
  await until('it is done', () => steps === 1)
  jobs.wake()
  assert.is(told, 1)
  await jobs.close()
})

test.run()
