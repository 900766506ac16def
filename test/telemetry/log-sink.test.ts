import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { LogSink } from '../../src/telemetry/log-sink.ts'

const folder = mkdtempSync(join(tmpdir(), 'magnetodb-log-'))
test.after(() => rmSync(folder, { recursive: true }))

function noneDropped(lines: number): void {
  throw new Error(`${lines} lines dropped`)
}

test('appends all lines in order, also those written while it writes', async () => {
  const file = join(folder, 'order.log')
  const sink = new LogSink(file, noneDropped)
  for (let index = 0; index < 1000; index++) {
    sink.write(`${index} é\n`)
    if (index % 10 === 0) await new Promise(setImmediate)
  }
  await sink.close()
  const wanted = Array.from({ length: 1000 }, (_, index) => `${index} é\n`).join('')
  assert.is(readFileSync(file, 'utf8'), wanted)
  const again = new LogSink(file, noneDropped)
  again.write('more\n')
  await again.close()
  assert.is(readFileSync(file, 'utf8'), `${wanted}more\n`)
})

test('writes nothing inside the call, and what waits at once when told to', async () => {
  const file = join(folder, 'flush.log')
  const sink = new LogSink(file, noneDropped)
  sink.write('a\n')
  assert.is(readFileSync(file, 'utf8'), '')
  sink.flushSync()
  assert.is(readFileSync(file, 'utf8'), 'a\n')
  await sink.close()
  assert.is(readFileSync(file, 'utf8'), 'a\n')
})

test('goes on in a new file after a rotation', async () => {
  const file = join(folder, 'rotated.log')
  const sink = new LogSink(file, noneDropped)
  sink.write('old\n')
  await new Promise(setImmediate)
  renameSync(file, `${file}.1`)
  sink.reopen()
  sink.write('new\n')
  await sink.close()
  assert.is(readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8'), 'old\nnew\n')
  assert.is(readFileSync(file, 'utf8'), 'new\n')
})

test('lets nobody else read the file', async () => {
  const file = join(folder, 'mode.log')
  await new LogSink(file, noneDropped).close()
  assert.is(statSync(file).mode & 0o007, 0)
})

test('keeps a bounded number of bytes waiting and counts what it drops', async () => {
  const file = join(folder, 'bounded.log')
  let dropped = 0
  const sink = new LogSink(file, (lines) => {
    dropped += lines
  })
  const line = `${'x'.repeat(1023)}\n`
  for (let index = 0; index < 5000; index++) sink.write(line)
  await sink.close()
  assert.is(statSync(file).size, 4 * 2 ** 20)
  assert.is(dropped, 5000 - 4096)
})

test('neither throws nor hangs on a full disk', async () => {
  const sink = new LogSink('/dev/full', noneDropped)
  sink.write('a\n')
  sink.flushSync()
  sink.write('b\n')
  await sink.close()
})

test('leaves no listener on the process behind', async () => {
  const before = process.listenerCount('exit')
  const sink = new LogSink(join(folder, 'listener.log'), noneDropped)
  assert.is(process.listenerCount('exit'), before + 1)
  await sink.close()
  assert.is(process.listenerCount('exit'), before)
})

test.run()
