import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { scheduledTime, stopwatch } from './scheduled-time.ts'
import { suite } from './support/suite.ts'

const test = suite('time of waiting for a CPU')

const SLEPT_MS = 100
const RUN_MS = 50

test('scheduled time counts sleep and CPU, without waits for a CPU', async () => {
  const watch = stopwatch()
  const since = performance.now()
  await delay(SLEPT_MS)
  const before = process.cpuUsage().user
  while (process.cpuUsage().user - before < 1_000 * RUN_MS);
  const ms = watch()
  assert.ok(ms >= SLEPT_MS + RUN_MS - 5, `${ms} ms`)
  assert.ok(ms <= performance.now() - since)
})

test('a process that runs less often than it could has waited for a CPU', async () => {
  const busy = Array.from({ length: 3 }, () => {
    // On the same CPU, so that they have to wait for each other.
    return spawn('taskset', [
      '-c',
      '0',
      process.execPath,
      '-e',
      'process.stdout.write("on");for(;;);',
    ])
  })
  try {
    for (const each of busy) await once(each.stdout, 'data')
    const [{ pid = 0 } = {}] = busy
    const before = scheduledTime(pid).waitedMs
    const since = performance.now()
    while (scheduledTime(pid).waitedMs - before < 200) await delay(10)
    assert.ok(scheduledTime(pid).waitedMs - before <= performance.now() - since + 50)
  } finally {
    for (const each of busy) each.kill('SIGKILL')
  }
})

test('the scheduled time of an ended process is unknown', () => {
  assert.equal(scheduledTime(2 ** 30), { ranMs: 0, waitedMs: 0 })
})

test.run()
