/**
 * Imported into a service ahead of its program: appends the CPU time in milliseconds of each long
 * turn of a worker's event loop to the file MAGNETODB_TEST_TURNS. It is the main thread's CPU time,
 * since on a busy machine a turn also waits for the CPU.
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
    // An unref'd immediate neither wakes the loop nor keeps the process alive.
    setImmediate(turn).unref()
  }
  turn()
}
