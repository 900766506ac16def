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
const TABLES = 6
const ITEMS = 200
const WAIT_MS = 120_000
/** LMDB's writer has a lock on it: stopped in a write, a process keeps all others from writing. By
 * then it has most likely written what else it had to, and else it goes on before too long. */
const WRITTEN_MS = 300
const STOPPED_LMDB_MAX_MS = 15_000

/** Shorter than in service, for the test's sake. */
export const JOB_TIMES: JobTimes = {
  ...{ leaseMs: 6_000, marginMs: 1_500, renewalMs: 1_500 },
  ...{ turnMs: 10_000, pollMs: 250, failurePauseMaxMs: 2_000 },
}

/** A step of a job that purges a table begins or ends, in milliseconds of the machine's clock. */
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
  /** Lets it begin. */
  allow(): void
}

/** A process that works on jobs. */
interface Worker {
  readonly process: ChildProcess
  /** It was killed or stopped, in the middle of a step. */
  isOut: boolean
}

/** Several processes, of which the first to purge is killed in that, and the next one stopped. */
class Workers {
  readonly steps: PurgeStep[] = []
  readonly all: Worker[] = []
  readonly #storage: StorageOptions
  readonly #victims = new Map<'SIGKILL' | 'SIGSTOP', PurgeStep>()

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
    const signal = (['SIGKILL', 'SIGSTOP'] as const).find((each) => !this.#victims.has(each))
    if (!signal) {
      step.allow()
      return
    }
    this.#victims.set(signal, step)
    step.worker.isOut = true
    setTimeout(() => {
      step.worker.process.kill(signal)
      if (signal === 'SIGKILL' || this.#storage.name !== 'lmdb') return
      // The test may itself wait for the lock, and then could not let it go on.
      setTimeout(() => step.worker.process.kill('SIGCONT'), STOPPED_LMDB_MAX_MS).unref()
    }, WRITTEN_MS)
  }

  /** The step in which a process got the signal. */
  async victim(signal: 'SIGKILL' | 'SIGSTOP'): Promise<PurgeStep> {
    await eventually(`a process got ${signal}`, () => this.#victims.has(signal))
    return this.#victims.get(signal) as PurgeStep
  }

  /** Whether another process has taken the job up. */
  isTakenOver({ table, worker }: PurgeStep): boolean {
    return this.steps.some((step) => step.table === table && step.worker !== worker)
  }

  /** A stopped process goes on with all that it was about to do. */
  resume(worker: Worker): void {
    for (const step of this.steps) if (step.worker === worker) step.allow()
    worker.process.kill('SIGCONT')
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
  const workers = new Workers(storage)
  try {
    const ready = Array.from({ length: 3 }, () => workers.start())
    const names = Array.from({ length: TABLES }, (_, i) => `table-${i}`)
    const ids = await Promise.all(names.map((name) => filled(fixture, name)))
    await Promise.all(ready)
    for (const table of names) {
      await fixture.run(deleteTable, { table }, WAIT_MS)
      // More often than not another process is the next to look.
      await delay(100)
    }
    const killed = await workers.victim('SIGKILL')
    const stopped = await workers.victim('SIGSTOP')
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

/** Steps that began while another process was in a step of the same job, in full health. */
function overlaps(steps: readonly PurgeStep[]): string[] {
  return steps.flatMap(({ table, worker, begun }) => {
    const others = steps.filter((each) => each.table === table && each.worker !== worker)
    const healthy = others.filter((each) => !each.worker.isOut)
    return healthy
      .filter((each) => each.begun <= begun && begun < each.ended)
      .map((each) => `${table}: ${(begun - each.begun).toFixed()} ms after another`)
  })
}
