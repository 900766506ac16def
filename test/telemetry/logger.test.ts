import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { type Log, type Logger, type LogOptions, openLog } from '../../src/telemetry/logger.ts'
import { test } from '../support/suite.ts'

const LOGGER_MODULE = new URL('../../src/telemetry/logger.js', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'magnetodb-logger-'))
test.after(() => rmSync(folder, { recursive: true }))

function openFile(name: string, options: Partial<LogOptions> = {}): { log: Log; file: string } {
  const file = join(folder, name)
  return { log: openLog({ debug: false, useJson: false, ...options, logFile: file }), file }
}

/** The output of a logger named `magnetodb.test`. */
async function written(
  options: Partial<LogOptions>,
  use: (logger: Logger) => void,
): Promise<string> {
  rmSync(join(folder, 'some.log'), { force: true })
  const { log, file } = openFile('some.log', options)
  use(log.named('magnetodb.test'))
  await log.close()
  return readFileSync(file, 'utf8')
}

function writeAll(logger: Logger): void {
  logger.debug({}, 'one')
  logger.info({}, 'two')
  logger.warn({}, 'three')
  logger.error({}, 'four')
}

test("text lines have oslo.log's levels, DEBUG only if enabled", async () => {
  const quiet = (await written({}, writeAll)).trimEnd().split('\n')
  assert.equal(
    quiet.map((line) => line.split(' ').slice(2).join(' ')),
    [
      `${process.pid} INFO magnetodb.test [-] two`,
      `${process.pid} WARNING magnetodb.test [-] three`,
      `${process.pid} ERROR magnetodb.test [-] four`,
    ],
  )
  assert.match(await written({ debug: true }, writeAll), 'DEBUG magnetodb.test [-] one\n')
})

test('the logger tells whether DEBUG is enabled', async () => {
  const seen: boolean[] = []
  await written({}, (logger) => seen.push(logger.isDebugEnabled))
  await written({ debug: true }, (logger) => seen.push(logger.isDebugEnabled))
  assert.equal(seen, [false, true])
})

test('JSON lines have only the ids of a request context', async () => {
  const context = { requestId: 'req-1', userId: 'u', projectId: 'p', roles: ['member'] }
  const line = await written({ useJson: true }, (logger) =>
    logger.warn({ context, status: 503 }, 'busy\nday'),
  )
  assert.is(line.indexOf('\n'), line.length - 1)
  const { time, ...rest } = JSON.parse(line)
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000)
  assert.equal(rest, {
    level: 'WARNING',
    process: process.pid,
    name: 'magnetodb.test',
    context: { request_id: 'req-1', user_id: 'u', project_id: 'p' },
    status: 503,
    message: 'busy\nday',
  })
})

test('an error is logged with stack and causes, without other properties', async () => {
  const cause = new Error('inner')
  const error = Object.assign(new TypeError('outer', { cause }), { request: { body: 'hunter2' } })
  const line = await written({ useJson: true }, (logger) => logger.error({ error }, 'failed'))
  const described = JSON.parse(line).error
  assert.equal(Object.keys(described), ['type', 'message', 'stack'])
  assert.is(described.type, 'TypeError')
  assert.match(described.stack, /outer\n.*logger\.test[\s\S]*caused by: Error: inner\n/)
  assert.not.match(line, 'hunter2')
  const text = await written({}, (logger) => logger.error({ error: 'thrown text' }, 'failed'))
  assert.match(text, '[-] failed\n')
  assert.match(text, '[-] thrown text\n')
})

test('any value can be logged without an error', async () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  for (const useJson of [false, true]) {
    const text = await written({ useJson }, (logger) => {
      logger.info({ big: 12n, circle, symbol: Symbol('s'), none: undefined }, 'any')
    })
    assert.match(text, 'any')
  }
})

test('no secret is logged, as text or as JSON', async () => {
  const fernet = `gAAAAAB${'k'.repeat(180)}==`
  const jws = `eyJhbGciOiJFUzI1NiJ9.eyJr${'k'.repeat(80)}.${'k'.repeat(86)}`
  const names = ['password', 'secret', 'token', 'authorization', 'x-auth-token', 'X-Auth-Token']
  for (const useJson of [false, true]) {
    const text = await written({ useJson }, (logger) => {
      for (const name of names) logger.info({ [name]: 'kkk', headers: { [name]: 'kkk' } }, name)
      for (const token of [fernet, jws]) {
        logger.info({ deep: [[token]], error: new Error(`\n${token}`) }, `got\n${token}.`)
      }
    })
    assert.not.match(text, 'kkk')
    assert.is(text.match(/\[Redacted\]/g)?.length, names.length * 2 + 2 * (useJson ? 4 : 3))
  }
})

test('fields that only look like secrets are logged', async () => {
  const fields = { token_cache_time: 300, reason: 'gAAAAA is a prefix' }
  const text = await written({}, (logger) => logger.info(fields, 'kept'))
  assert.match(text, 'kept token_cache_time: 300 reason: "gAAAAA is a prefix"\n')
})

test('a log file that cannot be opened is refused in one line', () => {
  assert.throws(
    () => openFile(join('none', 'some.log')),
    /^cannot open the log file: ENOENT[^\n]+$/,
  )
})

test('a log file is not readable by others', async () => {
  const { log, file } = openFile('mode.log')
  await log.close()
  assert.is(statSync(file).mode & 0o007, 0)
})

test('lines are appended in order, also during a write', async () => {
  const file = join(folder, 'order.log')
  for (const half of [0, 1]) {
    const { log } = openFile('order.log')
    const logger = log.named('magnetodb.test')
    for (let index = half * 500; index < (half + 1) * 500; index++) {
      logger.info({}, `${index} é`)
      if (index % 10 === 0) await new Promise(setImmediate)
    }
    await log.close()
  }
  const messages = readFileSync(file, 'utf8').match(/\d+ é\n/g)
  assert.equal(
    messages,
    Array.from({ length: 1000 }, (_, index) => `${index} é\n`),
  )
})

test('after a rotation lines go to the new file and none is lost', async () => {
  const { log, file } = openFile('rotated.log')
  const logger = log.named('magnetodb.test')
  logger.info({}, 'old')
  renameSync(file, `${file}.1`)
  log.reopen()
  logger.info({}, 'new')
  while (!readFileSync(file, 'utf8').includes('new')) await new Promise(setImmediate)
  await log.close()
  assert.match(readFileSync(file, 'utf8'), 'new\n')
  const both = readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8')
  assert.equal(both.match(/(old|new)\n/g), ['old\n', 'new\n'])
})

test('if the new log file cannot be opened, lines go to the old one', async () => {
  mkdirSync(join(folder, 'away'))
  const { log, file } = openFile(join('away', 'some.log'))
  log.named('magnetodb.test').info({}, 'before')
  while (!readFileSync(file, 'utf8').includes('before')) await new Promise(setImmediate)
  renameSync(join(folder, 'away'), join(folder, 'moved'))
  log.reopen()
  log.named('magnetodb.test').info({}, 'after')
  await log.close()
  const text = readFileSync(join(folder, 'moved', 'some.log'), 'utf8')
  assert.match(text, 'ERROR magnetodb.log [-] cannot reopen the log file; the old one stays in use')
  assert.match(text, '[-] after\n')
})

test('waiting bytes are bounded, and dropped lines are counted', async () => {
  const { log, file } = openFile('bounded.log')
  const logger = log.named('magnetodb.test')
  const lines = 6000
  for (let index = 0; index < lines; index++) logger.info({}, 'x'.repeat(1000))
  while (!readFileSync(file, 'utf8').includes('log lines were lost')) {
    await setTimeout(20)
  }
  await log.close()
  const text = readFileSync(file, 'utf8')
  assert.ok(text.length < 4.1 * 2 ** 20)
  const lost = Number(/WARNING magnetodb\.log .* lost lines: (\d+)\n/.exec(text)?.[1])
  assert.is(lost, lines - (text.match(/x\n/g)?.length ?? 0))
  assert.ok(lost > 1000)
})

test('a closed logger writes nothing and can be closed again', async () => {
  const { log, file } = openFile('closed.log')
  await log.close()
  log.named('magnetodb.test').info({}, 'late')
  log.reopen()
  await log.close()
  assert.is(readFileSync(file, 'utf8'), '')
})

test('a closed logger leaves no listener on the process', async () => {
  const count = () => process.listenerCount('exit') + process.listenerCount('beforeExit')
  const before = count()
  await written({}, writeAll)
  assert.is(count(), before)
})

/** Runs a process that logs to the file and may close its log before it exits. */
async function runAndExit(logFile: string | undefined, close: string): Promise<string> {
  const script = `
    const { openLog } = await import('${LOGGER_MODULE}')
    const log = openLog({ debug: false, useJson: false, logFile: ${JSON.stringify(logFile)} })
    const logger = log.named('magnetodb.test')
    logger.info({}, 'first')
    await new Promise(setImmediate)
    logger.info({}, 'last')
    ${close}
    process.exit(0)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const [code] = await once(child, 'close')
  assert.is(code, 0, stderr)
  return stderr
}

test('without a file lines go to standard error', async () => {
  const stderr = await runAndExit(undefined, 'await log.close()')
  assert.equal(stderr.match(/magnetodb\.test \[-\] .*\n/g), [
    'magnetodb.test [-] first\n',
    'magnetodb.test [-] last\n',
  ])
})

test('on a full disk the logger does not keep the process alive', async () => {
  assert.is(await runAndExit('/dev/full', ''), '')
  assert.is(await runAndExit('/dev/full', 'await log.close()'), '')
})

test('on a full disk the logger closes at once', async () => {
  const log = openLog({ debug: false, useJson: true, logFile: '/dev/full' })
  log.named('magnetodb.test').info({}, 'lost')
  // With these timers, a wait for anything would never end.
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    await log.close()
  } finally {
    mock.timers.reset()
  }
})

test('lines that a full disk refused are written once there is space', async () => {
  const file = join(folder, 'full.log')
  symlinkSync('/dev/full', file)
  const { log } = openFile('full.log')
  const logger = log.named('magnetodb.test')
  logger.info({}, 'kept')
  // There is no event for a file that opens and then refuses writes.
  await setTimeout(100)
  rmSync(file)
  do {
    log.reopen()
    logger.info({}, 'later')
    await setTimeout(20)
  } while (!readFileSync(file, 'utf8').includes('later'))
  await log.close()
  assert.is(readFileSync(file, 'utf8').match(/(kept|later)\n/g)?.[0], 'kept\n')
})

test.run()
