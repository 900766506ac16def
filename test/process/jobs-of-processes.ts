import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { listJobs } from '../../src/engine/jobs/job.ts'
import type { JobTimes } from '../../src/engine/jobs/lease.ts'
import { tableIdOf } from '../../src/engine/system-tables.ts'
import { batchWriteItem } from '../../src/operations/batch-write-item.ts'
import { deleteTable } from '../../src/operations/delete-table.ts'
import type { StorageDriver } from '../../src/storage/driver.ts'
import { openDriver, type StorageOptions } from '../../src/storage/registry.ts'
import { EngineFixture } from '../engine/engine-fixture.ts'
import { item } from '../engine/short-items.ts'
import { TableFixture } from '../storage/contract/table-fixture.ts'

const WORKER = fileURLToPath(new URL('./job-worker.js', import.meta.url))
const TABLES = 6
const ITEMS = 200
const WAIT_MS = 120_000
/** A process that was stopped may be the one that writes, and LMDB's lock keeps all others from
 * writing then. */
const STOPPED_MAX_MS = 20_000

/** Shorter than in service, for the test's sake. */
export const JOB_TIMES: JobTimes = {
  leaseMs: 6_000,
  marginMs: 1_500,
  renewalMs: 1_500,
  pollMs: 250,
  failurePauseMaxMs: 2_000,
}

/** A step of a job that purges a table begins or ends, in milliseconds of the machine's clock. */
export type PurgeNews = { readonly table: string; readonly step: number } & (
  | { readonly begun: number }
  | { readonly ended: number }
)

interface PurgeStep {
  readonly table: string
  readonly worker: Worker
  readonly begun: number
  ended: number
}

/** A process that works on jobs. */
class Worker {
  readonly process: ChildProcess
  readonly ready: Promise<unknown>
  /** It was killed or stopped, in the middle of whatever it did. */
  isOut = false

  constructor(storage: StorageOptions, steps: PurgeStep[]) {
    this.process = fork(WORKER, [JSON.stringify(storage)])
    this.ready = new Promise((resolve) => this.process.once('message', resolve))
    const own = new Map<number, PurgeStep>()
    this.process.on('message', (message: PurgeNews | 'ready') => {
      if (message === 'ready') return
      const { table, step } = message
      const known = own.get(step)
      if ('ended' in message) {
        if (known) known.ended = message.ended
        return
      }
      const begun = { table, worker: this, begun: message.begun, ended: Number.POSITIVE_INFINITY }
      own.set(step, begun)
      steps.push(begun)
    })
  }
}

/**
 * Deletes tables with several processes to do it, of which one is killed and one stopped for longer
 * than a lease, each in the middle of a step. All tables go, with all their data, and no two
 * processes are ever in a step of the same job, but for one that was stopped in it.
 */
export async function deleteWhileProcessesDie(storage: StorageOptions): Promise<void> {
  const driver = await openDriver(storage)
  const fixture = new EngineFixture({ driver })
  // The jobs are for the processes.
  await fixture.engine.jobs.close()
  const steps: PurgeStep[] = []
  const workers = Array.from({ length: 3 }, () => new Worker(storage, steps))
  try {
    const names = Array.from({ length: TABLES }, (_, i) => `table-${i}`)
    const ids = await Promise.all(names.map((name) => filled(fixture, name)))
    await Promise.all(workers.map(({ ready }) => ready))
    for (const table of names) {
      await fixture.run(deleteTable, { table })
      // More often than not another process is the next to look.
      await delay(100)
    }
    const killed = await busy(steps)
    killed.worker.isOut = true
    killed.worker.process.kill('SIGKILL')
    const stopped = await busy(steps)
    stopped.worker.isOut = true
    stopped.worker.process.kill('SIGSTOP')
    workers.push(new Worker(storage, steps))
    const stoppedAt = performance.now()
    const isTakenOver = ({ table, worker }: PurgeStep) =>
      steps.some((step) => step.table === table && step.worker !== worker && !step.worker.isOut)
    while (!isTakenOver(stopped) && performance.now() - stoppedAt < STOPPED_MAX_MS) await delay(20)
    stopped.worker.process.kill('SIGCONT')
    await until('all are done', async () => (await deletions(driver)).length === 0)
    assert.ok(isTakenOver(killed), 'the job of the killed process')
    assert.ok(isTakenOver(stopped), 'the job of the stopped process')
    assert.equal(overlaps(steps), [])
    const successor = await filled(fixture, 'table-0')
    for (const id of ids) {
      assert.is((await new TableFixture(driver, id).scanAll()).length, 0)
      assert.is(await driver.purge(id, performance.now() + 5_000), false)
    }
    assert.is((await new TableFixture(driver, successor).scanAll()).length, ITEMS)
  } finally {
    for (const worker of workers) worker.process.kill('SIGKILL')
    await fixture.close()
    await driver.close()
  }
}

async function filled(fixture: EngineFixture, table: string): Promise<Buffer> {
  const definition = await fixture.create(table)
  const writes = Array.from({ length: ITEMS }, (_, r) => ({ put: item({ h: `${r % 40}`, r }) }))
  await fixture.run(batchWriteItem, { requests: [{ table, writes }] }, WAIT_MS)
  return tableIdOf(definition)
}

/** The jobs that are there but for the one that always is. */
export async function deletions(driver: StorageDriver): Promise<string[]> {
  const ids = (await listJobs(driver, performance.now() + 10_000)).map(({ job }) => job.id)
  return ids.filter((id) => id.startsWith('table-'))
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + WAIT_MS
  while (!(await holds())) {
    assert.ok(performance.now() < end, what)
    await delay(50)
  }
}

/** A step that a living process is in. */
async function busy(steps: readonly PurgeStep[]): Promise<PurgeStep> {
  const end = performance.now() + WAIT_MS
  while (performance.now() < end) {
    const found = steps.find(({ worker, ended }) => !worker.isOut && ended === Infinity)
    if (found) return found
    await delay(2)
  }
  throw new Error('no process works on a job')
}

/** Steps that began while another process was in a step of the same job, in full health. */
function overlaps(steps: readonly PurgeStep[]): string[] {
  return steps.flatMap((one) =>
    steps
      .filter(({ table, worker }) => table === one.table && worker !== one.worker)
      .filter(
        ({ worker, begun, ended }) => !worker.isOut && begun <= one.begun && one.begun < ended,
      )
      .map(({ begun }) => `${one.table}: ${(one.begun - begun).toFixed()} ms after another`),
  )
}
