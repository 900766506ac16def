import * as assert from 'uvu/assert'
import { startLoad } from '../faults/lanes.ts'
import { openLanes, type WritingLane } from '../faults/writing-lane.ts'
import { seeded } from '../seeded.ts'
import { Service, sendSignal, untilGone, untilReplaced } from '../support/service.ts'
import { suite } from '../support/suite.ts'

const WORKERS = 2
const LANES = 8
const ROUNDS = 3
const THROWING_WORKER = new URL('./throwing-worker.js', import.meta.url)

interface Written {
  service: Service
  lanes: readonly WritingLane[]
}
const test = suite<Written>('processes that end while they write')

test.before.each(async (context) => {
  const environment = { NODE_OPTIONS: `--import=${THROWING_WORKER}` }
  context.service = await Service.start({ DEFAULT: { workers: WORKERS } }, { environment })
  const random = seeded('processes that end while they write')
  context.lanes = await openLanes(context.service, LANES, random)
})

test.after.each(async ({ service }) => {
  await service.kill()
  await service.stop()
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

// A process that waits for its writes as it exits would wait for ever, and keep the write lock.
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
