import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { addJob } from '../../../src/engine/leases/add-job.ts'
import { type JobState, newJob } from '../../../src/engine/leases/job.ts'
import { Jobs } from '../../../src/engine/leases/jobs.ts'
import { JOB_FAILURES_MAX, type JobKind } from '../../../src/engine/leases/lease.ts'
import { listJobs } from '../../../src/engine/leases/ledger.ts'
import { StorageUnavailableError } from '../../../src/storage/driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'

import { add, allDone, counting, jobsOf, kindOf, TIMES, WAIT_MS, Worker } from './workers.ts'

const test = suite('jobs')

test('each job runs in one process at a time, step by step', async () => {
  const store = new WornStore()
  const workers = Array.from({ length: 5 }, () => new Worker(store))
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const steps = new Map<string, number[]>(ids.map((id) => [id, []]))
  const active = new Map<string, number>()
  const kind = kindOf(async ({ id, n }) => {
    const name = String(id)
    active.set(name, (active.get(name) ?? 0) + 1)
    assert.is(active.get(name), 1, 'alone')
    steps.get(name)?.push(Number(n))
    await delay(2)
    active.set(name, (active.get(name) ?? 0) - 1)
    return Number(n) === 19 ? 'done' : { state: { id: name, n: Number(n) + 1 } }
  })
  for (const worker of workers) {
    // Slows commits, so that claims overlap.
    worker.gate = () => delay(1)
    worker.start(kind)
  }
  const [first] = workers as [Worker]
  for (const id of ids) await add(first.driver, id, { id, n: 0 })
  await allDone(first.driver)
  const inOrder = Array.from({ length: 20 }, (_, n) => n)
  for (const id of ids) assert.equal(steps.get(id), inOrder)
  for (const worker of workers) {
    await worker.close()
    assert.equal(worker.errors, [])
  }
})

for (const [what, gate] of [
  ['hangs', () => new Promise<void>(() => {})],
  ['loses its engine', () => Promise.reject(new StorageUnavailableError('a played fault'))],
] as const) {
  test(`a job of a process that ${what} is taken over after its lease, not before`, async () => {
    const store = new WornStore()
    const [lost, other] = [new Worker(store), new Worker(store)]
    lost.start(
      counting(6, (n) => {
        if (n === 3) lost.gate = gate
      }),
    )
    await add(other.driver, 'job')
    await until('it came to its third step', () => lost.gate === gate)
    const taken: number[] = []
    let takenAt = 0
    other.start(
      counting(6, (n) => {
        taken.push(n)
        takenAt ||= performance.now()
      }),
    )
    await allDone(other.driver)
    assert.equal(taken, [3, 4, 5])
    assert.ok(takenAt - lost.committedAt >= TIMES.leaseMs, 'not before')
    assert.ok(takenAt - lost.committedAt < WAIT_MS / 2, 'and soon')
    await other.close()
    void lost.close()
  })
}

test('a lease holder that continues after a takeover neither steps nor writes', async () => {
  const store = new WornStore()
  const [stopped, other] = [new Worker(store), new Worker(store)]
  let resume = () => {}
  const stop = new Promise<void>((resolve) => {
    resume = resolve
  })
  const byStopped: number[] = []
  stopped.start(
    counting(1_000, (n) => {
      byStopped.push(n)
      if (n === 3) stopped.gate = () => stop
    }),
  )
  await add(other.driver, 'job')
  await until('it is stopped', () => byStopped.length === 4)
  const taken: number[] = []
  other.start(counting(1_000, (n) => taken.push(n), 5))
  await until('it is taken over', () => taken.length > 5)
  resume()
  await delay(3 * TIMES.pollMs)
  assert.is(byStopped.length, 4)
  assert.equal(
    taken,
    Array.from({ length: taken.length }, (_, i) => i + 3),
  )
  const [job] = await jobsOf(other.driver)
  assert.is(job?.attempt, 2)
  await stopped.close()
  await other.close()
})

test('a lease holder whose lease ran out unnoticed continues', async () => {
  const worker = new Worker(new WornStore())
  const steps: number[] = []
  let attempts: Promise<(number | undefined)[]> | undefined
  worker.start(
    counting(
      6,
      (n) => {
        steps.push(n)
        if (n === 5) attempts = jobsOf(worker.driver).then((jobs) => jobs.map((job) => job.attempt))
        if (n !== 2) return
        const end = performance.now() + 2 * TIMES.leaseMs
        while (performance.now() < end);
      },
      3 * TIMES.pollMs,
    ),
  )
  await add(worker.driver, 'job')
  await allDone(worker.driver)
  assert.equal(steps, [0, 1, 2, 3, 4, 5])
  assert.equal(await attempts, [1], 'nor does it take the job over from itself')
  assert.equal(worker.errors, [])
  await worker.close()
})

test("a step's deadline is before the end of the lease", async () => {
  const worker = new Worker(new WornStore())
  const late: number[] = []
  worker.start(
    kindOf(async ({ n }, deadline) => {
      late.push(deadline - (worker.committedAt + TIMES.leaseMs - TIMES.marginMs))
      await delay(TIMES.renewalMs / 2)
      return n === 9 ? 'done' : { state: { n: Number(n) + 1 } }
    }),
  )
  await add(worker.driver, 'job')
  await allDone(worker.driver)
  assert.is(late.length, 10)
  assert.ok(Math.max(...late) <= 0, `${late}`)
  await worker.close()
})

test('closing waits for the running step', async () => {
  const worker = new Worker(new WornStore())
  let finish = () => {}
  const gate = new Promise<void>((resolve) => {
    finish = resolve
  })
  let begun = false
  let ended = false
  worker.start(
    kindOf(async (state) => {
      begun = true
      await gate
      ended = true
      return { state }
    }),
  )
  await add(worker.driver, 'job')
  await until('it has begun', () => begun)
  const closed = worker.close().then(() => ended)
  await delay(3 * TIMES.pollMs)
  finish()
  assert.ok(await closed)
  assert.is((await jobsOf(worker.driver))[0]?.owner, null)
})

test('a process whose read is slow does not take over a renewed lease', async () => {
  const store = new WornStore()
  const [owner, slow] = [new Worker(store), new Worker(store)]
  const late = 2 * TIMES.leaseMs
  const { slice } = slow.driver
  let slices = 0
  slow.driver.slice = async (...call) => {
    if (slices++ === 0) await delay(late)
    return slice.apply(slow.driver, call)
  }
  let overlaps = 0
  slow.start(counting(2, () => overlaps++))
  owner.start(
    kindOf(async (state) => {
      await delay(5)
      return { state }
    }),
  )
  await add(owner.driver, 'job')
  await delay(late + TIMES.leaseMs)
  assert.is(overlaps, 0)
  await owner.close()
  await slow.close()
})

test('a failure shows in the job, is retried, and disappears after a success', async () => {
  const worker = new Worker(new WornStore())
  let failing = true
  let told = 0
  let tries = 0
  const noRoom = new Error('no room')
  const step = async () => {
    tries++
    if (failing) throw noRoom
    return { state: { n: 0 } }
  }
  worker.start(kindOf(step, { fail: async () => told++ }))
  await add(worker.driver, 'job')
  const job = async () => (await jobsOf(worker.driver))[0]
  await until('it fails', async () => ((await job())?.failures ?? 0) >= 3)
  assert.is((await job())?.error, 'no room')
  assert.is(told, 0)
  await until('it is told', () => told > 1 && worker.failing.length > 1)
  assert.ok(tries >= 2 * JOB_FAILURES_MAX)
  failing = false
  await until('it is done', async () => (await job())?.failures === 0)
  assert.equal(
    { ...(await job()), attempt: 0, owner: null },
    newJob('job', 'probe', { n: 0 }),
    'nothing is left of it',
  )
  assert.is(worker.failing[0]?.failures, JOB_FAILURES_MAX)
  assert.is(worker.failing[0]?.error, 'no room')
  assert.is(worker.failing.length, Math.floor(worker.errors.length / JOB_FAILURES_MAX))
  const [first] = worker.errors as Error[]
  assert.is(first?.message, 'the job job has failed, 1 times in a row')
  assert.is(first?.cause, noRoom)
  await worker.close()
})

test('wake looks for jobs without waiting for the next poll', async () => {
  const driver = new WornDriver()
  let steps = 0
  const kinds = [counting(1, () => steps++)]
  const times = { ...TIMES, pollMs: 60_000 }
  const reports = { onBackgroundError: () => {}, onJobFailing: () => {} }
  const jobs = new Jobs({ driver, kinds, times, ...reports })
  await delay(20)
  await add(driver, 'job')
  jobs.wake()
  await until('it is done', () => steps === 1)
  await jobs.close()
})

test('a standing job exists once, however many processes add it', async () => {
  const store = new WornStore()
  const workers = Array.from({ length: 4 }, () => new Worker(store))
  const kind = kindOf(async (state) => ({ state, restMs: 5 }), {
    standing: () => [newJob('standing', 'probe', {})],
  })
  for (const worker of workers) worker.start(kind)
  const [first] = workers as [Worker]
  await until('it is worked on', async () => ((await jobsOf(first.driver))[0]?.attempt ?? 0) > 5)
  assert.is((await jobsOf(first.driver)).length, 1)
  for (const worker of workers) await worker.close()
})

test('standing jobs are divided among the processes', async () => {
  const store = new WornStore()
  const workers = [new Worker(store), new Worker(store)]
  const ids = Array.from({ length: 16 }, (_, n) => `standing${n}`)
  const working = new Map<string, Worker>()
  let isOver = false
  for (const worker of workers) {
    const step: JobKind['step'] = async (state) => {
      working.set(String(state.id), worker)
      await until('all are worked on', () => isOver || working.size === ids.length)
      return { state, restMs: 60_000 }
    }
    worker.start(kindOf(step, { standing: () => ids.map((id) => newJob(id, 'probe', { id })) }))
  }
  await until('all are worked on', () => working.size === ids.length)
  isOver = true
  assert.is(new Set(working.values()).size, 2)
  for (const worker of workers) await worker.close()
})

test('a standing job that cannot be stored does not block others', async () => {
  const worker = new Worker(new WornStore())
  const { commit } = worker.driver
  const noRoom = new StorageUnavailableError('no room')
  worker.driver.commit = async (...call) => {
    if (call[2].put.some(({ sort }) => sort.equals(Buffer.from('sstanding')))) throw noRoom
    return commit(...call)
  }
  const standing = () => [newJob('standing', 'of its own', {})]
  worker.start(
    counting(2, () => {}),
    { kind: 'of its own', standing, step: async (state) => ({ state }) },
  )
  await add(worker.driver, 'job')
  await allDone(worker.driver)
  assert.is(worker.errors[0], noRoom)
  await worker.close()
})

test('adding a job that exists does not change it', async () => {
  const driver = new WornDriver()
  await add(driver, 'job', { n: 1 })
  const before = await listJobs(driver)
  await add(driver, 'job', { n: 0 })
  assert.equal(await listJobs(driver), before)
})

test('a job of an unknown kind is left to other processes', async () => {
  const worker = new Worker(new WornStore())
  const job = newJob('later', 'of a later version', {})
  await addJob(worker.driver, job, performance.now() + WAIT_MS)
  let steps = 0
  worker.start(counting(1, () => steps++))
  await add(worker.driver, 'job')
  await until('its own is done', () => steps === 1)
  await until('and gone', async () => (await jobsOf(worker.driver)).length === 1)
  assert.equal(await jobsOf(worker.driver), [job])
  await worker.close()
})

test("a job's state reads back unchanged", async () => {
  const worker = new Worker(new WornStore())
  const state = { text: 'ä\u0000"\u{1f600}', list: [1, null, { __proto__x: true }], none: null }
  let seen: JobState | undefined
  worker.start(
    kindOf(async (found) => {
      seen = found
      return 'done'
    }),
  )
  await add(worker.driver, 'job', state)
  await until('it is done', () => seen !== undefined)
  assert.equal(seen, state)
  await worker.close()
})

test('the stored form of a job never changes', async () => {
  const driver = new WornDriver()
  await add(driver, 'job', { n: 7 })
  const [row] = await listJobs(driver)
  assert.ok(row)
  const { table, partition, sort } = row.place
  const read = { level: 'strong', deadline: performance.now() + WAIT_MS } as const
  const stored = await driver.get(table, partition, sort, read)
  assert.is(
    stored?.value.toString(),
    '{"id":"job","kind":"probe","state":{"n":7},"owner":null,"restMs":0,"attempt":0,"failures":0}',
  )
})

test.run()
