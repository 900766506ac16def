import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { listJobs } from '../../src/engine/jobs/job.ts'
import { tableIdOf } from '../../src/engine/system-tables.ts'
import { batchWriteItem } from '../../src/operations/batch-write-item.ts'
import { deleteTable } from '../../src/operations/delete-table.ts'
import { LmdbDriver } from '../../src/storage/lmdb/driver.ts'
import { EngineFixture } from '../engine/engine-fixture.ts'
import { item } from '../engine/short-items.ts'
import { TableFixture } from '../storage/contract/table-fixture.ts'
import { temporaryFolder } from './spawned-service.ts'

const test = suite('jobs of several processes')

const WORKER = fileURLToPath(new URL('./job-worker.js', import.meta.url))
const TABLES = 6
const ITEMS = 4_000
const WAIT_MS = 60_000
const STOPPED_MS = 12_000

async function filled(fixture: EngineFixture, table: string): Promise<Buffer> {
  const definition = await fixture.create(table)
  const writes = Array.from({ length: ITEMS }, (_, r) => ({ put: item({ h: `${r % 40}`, r }) }))
  await fixture.run(batchWriteItem, { requests: [{ table, writes }] })
  return tableIdOf(definition)
}

test('tables go for good while processes are killed and stopped', async () => {
  const folder = temporaryFolder()
  const options = { path: folder.path, mapSizeBytes: 512 * 1024 * 1024 }
  const driver = new LmdbDriver(options)
  await driver.open()
  const fixture = new EngineFixture({ driver })
  // The jobs are for the processes.
  await fixture.engine.jobs.close()
  const names = Array.from({ length: TABLES }, (_, i) => `table-${i}`)
  const ids: Buffer[] = []
  for (const name of names) ids.push(await filled(fixture, name))

  const out = new Set<ChildProcess>()
  const owners = new Map<string, ChildProcess>()
  const takenFromLiving: string[] = []
  const workers: ChildProcess[] = []
  const start = () => {
    const worker = fork(WORKER, [JSON.stringify(options)])
    worker.on('message', (table) => {
      const owner = owners.get(String(table))
      if (owner && owner !== worker && !out.has(owner)) takenFromLiving.push(String(table))
      // What a process says that was stopped was its step when it was.
      if (!out.has(worker)) owners.set(String(table), worker)
    })
    workers.push(worker)
  }
  try {
    for (let i = 0; i < 3; i++) start()
    const signals = ['SIGKILL', 'SIGSTOP'] as const
    for (const [i, signal] of signals.entries()) {
      // New work for each: a quick process may be done with all that it had.
      const deleted = names.filter((_, n) => n % signals.length === i)
      for (const table of deleted) await fixture.run(deleteTable, { table })
      const victim = await busy(owners, out)
      out.add(victim)
      victim.kill(signal)
    }
    start()
    // Stopped for longer than a lease. For ever it must not be: it may be the one that writes, and
    // LMDB's lock then keeps all others from writing.
    await delay(STOPPED_MS)
    for (const worker of out) worker.kill('SIGCONT')
    const end = performance.now() + WAIT_MS
    const left = async () =>
      (await listJobs(driver, performance.now() + 5_000)).filter(({ job }) =>
        job.id.startsWith('table-'),
      )
    while ((await left()).length > 0) {
      assert.ok(performance.now() < end, 'all are done in time')
      await delay(50)
    }
    const successor = await filled(fixture, 'table-0')
    assert.equal(takenFromLiving, [])
    for (const id of ids) {
      assert.is((await new TableFixture(driver, id).scanAll()).length, 0)
      assert.is(await driver.purge(id, performance.now() + 5_000), false)
    }
    assert.is((await new TableFixture(driver, successor).scanAll()).length, ITEMS)
  } finally {
    for (const worker of workers) worker.kill('SIGKILL')
    await fixture.close()
    await driver.close()
    folder.remove()
  }
})

/** A living process that has begun to delete a table. */
async function busy(
  owners: ReadonlyMap<string, ChildProcess>,
  out: ReadonlySet<ChildProcess>,
): Promise<ChildProcess> {
  for (let tries = 0; tries < 10_000; tries++) {
    const found = [...owners.values()].findLast((worker) => !out.has(worker))
    if (found) return found
    await delay(2)
  }
  throw new Error('no process works on a job')
}

test.run()
