import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { tableIdOf } from '../../src/engine/format/system-tables.ts'
import type { JobTimes } from '../../src/engine/leases/lease.ts'
import { listJobs } from '../../src/engine/leases/ledger.ts'
import { batchWriteItem } from '../../src/operations/batches/batch-write-item.ts'
import { deleteTable } from '../../src/operations/tables/delete-table.ts'
import type { StorageDriver } from '../../src/storage/driver.ts'
import { openDriver, type StorageOptions } from '../../src/storage/registry.ts'
import { EngineFixture } from '../engine/engine-fixture.ts'
import { item } from '../engine/short-items.ts'
import { TableFixture } from '../storage/contract/table-fixture.ts'
import { until } from '../support/until.ts'

const WORKER = fileURLToPath(new URL('./job-worker.js', import.meta.url))
const SIGNALS = ['SIGKILL', 'SIGSTOP'] as const
const TABLES = 6
const ITEMS = 200
const WAIT_MS = 120_000
/** Milliseconds from the start of a step to the signal. A process stopped while it holds LMDB's
 * write lock blocks all others. After this time it has usually finished its other writes; if not,
 * it is continued after `STOPPED_LMDB_MAX_MS`. */
const WRITTEN_MS = 300
const STOPPED_LMDB_MAX_MS = 15_000

/** Shorter than in production, to make the test fast. */
export const JOB_TIMES: JobTimes = {
  ...{ leaseMs: 6_000, marginMs: 1_500, renewalMs: 1_500 },
  ...{ turnMs: 10_000, pollMs: 250, failurePauseMaxMs: 2_000 },
}

/** The start or end of one step of a job that purges a table, in milliseconds of `machineMs`. */
export interface PurgeNews {
  readonly table: string
  readonly step: number
  readonly begun?: number
  readonly ended?: number
}

interface PurgeStep {
  readonly table: string
  readonly worker: Worker
  readonly begun: number
  ended: number
  /** Lets the step begin. */
  allow(): void
}

/** A process that works on jobs. */
interface Worker {
  readonly process: ChildProcess
  /** Whether it was killed or stopped in the middle of a step. */
  isOut: boolean
}

/** Several processes. The first to purge is killed while it does so; the next one is stopped. */
class Workers {
  readonly steps: PurgeStep[] = []
  readonly all: Worker[] = []
  readonly #storage: StorageOptions
  /** The steps during which a process was killed, and another one was stopped. */
  readonly victims: PurgeStep[] = []

  constructor(storage: StorageOptions) {
    this.#storage = storage
  }

  async start(): Promise<void> {
    const worker = { process: fork(WORKER, [JSON.stringify(this.#storage)]), isOut: false }
    this.all.push(worker)
    const own = new Map<number, PurgeStep>()
    worker.process.on('message', (message: PurgeNews | 'ready') => {
      if (message === 'ready') return
      const { table, step: number, begun, ended = Infinity } = message
      Object.assign(own.get(number) ?? {}, { ended })
      if (begun === undefined) return
      const allow = () => void worker.process.send(number)
      const step = { table, worker, begun, ended, allow }
      own.set(number, step)
      this.#begin(step)
    })
    await once(worker.process, 'message')
  }

  #begin(step: PurgeStep): void {
    this.steps.push(step)
    if (step.worker.isOut) return
    const signal = SIGNALS[this.victims.length]
    if (!signal) {
      step.allow()
      return
    }
    this.victims.push(step)
    step.worker.isOut = true
    setTimeout(() => {
      step.worker.process.kill(signal)
      if (signal === 'SIGKILL' || this.#storage.name !== 'lmdb') return
      // The test itself may be waiting for the lock, and then cannot continue the process.
      setTimeout(() => step.worker.process.kill('SIGCONT'), STOPPED_LMDB_MAX_MS).unref()
    }, WRITTEN_MS)
  }

  /** Whether another process has taken over the job. */
  isTakenOver({ table, worker }: PurgeStep): boolean {
    return this.steps.some((step) => step.table === table && step.worker !== worker)
  }

  /** Continues a stopped process, and allows the steps it has asked for. */
  resume(worker: Worker): void {
    for (const step of this.steps) if (step.worker === worker) step.allow()
    worker.process.kill('SIGCONT')
  }
}

/** Deletes tables while several processes work on it. One is killed, and one is stopped for longer
 * than a lease, each in the middle of a step. All tables and all their data are deleted. No two
 * processes work on a step of the same job at the same time, except with the stopped one. */
export async function deleteWhileProcessesDie(storage: StorageOptions): Promise<void> {
  const driver = await openDriver(storage)
  const fixture = new EngineFixture({ driver })
  // Leaves the jobs to the other processes.
  await fixture.engine.jobs.close()
  const workers = new Workers(storage)
  try {
    const ready = Array.from({ length: 3 }, () => workers.start())
    const names = Array.from({ length: TABLES }, (_, i) => `table-${i}`)
    const ids = await Promise.all(names.map((name) => filled(fixture, name)))
    await Promise.all(ready)
    for (const table of names) {
      await fixture.run(deleteTable, { table }, WAIT_MS)
      // Usually gives the next table to another process.
      await delay(100)
    }
    await eventually('two processes are out', () => workers.victims.length === SIGNALS.length)
    const [killed, stopped] = workers.victims as [PurgeStep, PurgeStep]
    void workers.start()
    const latest = performance.now() + (storage.name === 'lmdb' ? STOPPED_LMDB_MAX_MS : WAIT_MS)
    while (!workers.isTakenOver(stopped) && performance.now() < latest) await delay(20)
    assert.ok(workers.isTakenOver(stopped) || storage.name === 'lmdb', 'while it is stopped')
    workers.resume(stopped.worker)
    await eventually('all are done', async () => (await deletions(driver)).length === 0)
    assert.ok(workers.isTakenOver(killed))
    assert.equal(overlaps(workers.steps), [])
    const successor = await filled(fixture, 'table-0')
    for (const id of ids) {
      assert.is((await new TableFixture(driver, id).scanAll()).length, 0)
      assert.is(await driver.purge(id, null, performance.now() + 30_000), null)
    }
    assert.is((await new TableFixture(driver, successor).scanAll()).length, ITEMS)
  } finally {
    for (const worker of workers.all) worker.process.kill('SIGKILL')
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

/** Ids of the jobs that delete tables. */
export async function deletions(driver: StorageDriver): Promise<string[]> {
  const ids = (await listJobs(driver)).map(({ job }) => job.id)
  return ids.filter((id) => id.startsWith('table-'))
}

/** With patience, of what processes do. */
export function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  return until(what, holds, { limitMs: WAIT_MS, pauseMs: 50 })
}

/** Steps that began while another process, neither killed nor stopped, worked on the same job. */
function overlaps(steps: readonly PurgeStep[]): string[] {
  return steps.flatMap(({ table, worker, begun }) => {
    const others = steps.filter((each) => each.table === table && each.worker !== worker)
    const healthy = others.filter((each) => !each.worker.isOut)
    return healthy
      .filter((each) => each.begun <= begun && begun < each.ended)
      .map((each) => `${table}: ${(begun - each.begun).toFixed()} ms after another`)
  })
}
