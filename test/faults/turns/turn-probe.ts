/**
 * Imported into a service ahead of its program: appends the CPU time in milliseconds of each long
 * turn of a worker's event loop to the file MAGNETODB_TEST_TURNS. CPU time and not time: other
 * processes may have the CPU as well. That of other threads is not counted.
 */
import cluster from 'node:cluster'
import { openSync, readSync, writeSync } from 'node:fs'

const LONG_MS = 2

if (cluster.isWorker) watch(openSync(process.env.MAGNETODB_TEST_TURNS ?? '', 'a'))

function watch(told: number): void {
  const schedstat = openSync('/proc/self/schedstat', 'r')
  const text = Buffer.alloc(64)
  const ranMs = (): number => {
    const length = readSync(schedstat, text, 0, text.length, 0)
    return Number.parseInt(text.toString('latin1', 0, length), 10) / 1e6
  }
  let before = ranMs()
  const turn = (): void => {
    const now = ranMs()
    if (now - before > LONG_MS) writeSync(told, `${(now - before).toFixed(1)}\n`)
    before = now
    // Of itself it neither wakes the loop nor keeps it awake.
    setImmediate(turn).unref()
  }
  turn()
}
