import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { FaultedService, sendSignal, untilGone, untilReplaced } from '../faults/faulted-service.ts'
import { HttpClient } from '../faults/http-client.ts'
import { startLoad } from '../faults/lanes.ts'
import { COUNTS_TABLE_BODY, WritingLane } from '../faults/writing-lane.ts'
import { WRITTEN_TABLE_BODY } from '../faults/written-item.ts'
import { seeded } from '../seeded.ts'
import { suite } from '../support/suite.ts'

const WORKERS = 2
const LANES = 8
const ROUNDS = 3
const THROWING_WORKER = new URL('./throwing-worker.js', import.meta.url)

interface Written {
  folder: string
  service: FaultedService
  clients: readonly HttpClient[]
  lanes: readonly WritingLane[]
}
const test = suite<Written>('processes that end while they write')

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'magnetodb-sudden-end-'))
  context.service = await FaultedService.start({
    config: { DEFAULT: { workers: WORKERS } },
    folder: context.folder,
    startedBy: ['env', `NODE_OPTIONS=--import=${THROWING_WORKER}`],
  })
  const { url } = context.service
  const random = seeded('processes that end while they write')
  context.clients = Array.from({ length: LANES }, () => new HttpClient(url))
  context.lanes = context.clients.map((own, i) => new WritingLane(`lane-${i}`, own, random))
  await context.clients[0]?.done('tables', WRITTEN_TABLE_BODY)
  await context.clients[0]?.done('tables', COUNTS_TABLE_BODY)
})

test.after.each(async ({ folder, service, clients }) => {
  for (const client of clients) client.close()
  await service.kill()
  rmSync(folder, { recursive: true, force: true })
})

async function writeUntil(lanes: readonly WritingLane[], end: () => Promise<unknown>) {
  const before = acknowledged(lanes)
  const load = startLoad(lanes, (lane) => lane.write())
  try {
    while (acknowledged(lanes) < before + 10 * LANES && !load.hasFailed()) {
      await new Promise(setImmediate)
    }
    await end()
  } finally {
    await load.end()
  }
}

function acknowledged(lanes: readonly WritingLane[]): number {
  return lanes.reduce((sum, lane) => sum + lane.acknowledged, 0)
}

// A process that waits for its writes as it ends waits for ever, and holds the lock of all others.
test('workers of a killed primary end', async ({ service, lanes }) => {
  for (let round = 0; round < ROUNDS; round++) {
    const workers = service.workers()
    assert.is(workers.length, WORKERS)
    await writeUntil(lanes, async () => {
      sendSignal(service.pid, 'SIGKILL')
      for (const pid of workers) await untilGone(pid)
    })
    await service.start()
    for (const lane of lanes) assert.equal(await lane.verify(), [])
  }
})

test('a worker with an unhandled error is replaced', async ({ service, lanes }) => {
  for (let round = 0; round < ROUNDS; round++) {
    await writeUntil(lanes, async () => {
      const [oldest = 0] = service.workers()
      sendSignal(oldest, 'SIGUSR2')
      await untilGone(oldest)
      await untilReplaced(service, oldest, WORKERS)
    })
    for (const lane of lanes) assert.equal(await lane.verify(), [])
  }
})

test.run()
