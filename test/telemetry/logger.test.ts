import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Logger, type LogOptions, openLog } from '../../src/telemetry/logger.ts'

const LOGGER_MODULE = new URL('../../src/telemetry/logger.js', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'magnetodb-logger-'))
test.after(() => rmSync(folder, { recursive: true }))

/** What a logger named `magnetodb.test` writes. */
async function written(
  options: Partial<LogOptions>,
  use: (logger: Logger) => void,
): Promise<string> {
  const logFile = join(folder, 'some.log')
  rmSync(logFile, { force: true })
  const log = openLog({ debug: false, useJson: false, ...options, logFile })
  use(log.named('magnetodb.test'))
  await log.close()
  return readFileSync(logFile, 'utf8')
}

function writeAll(logger: Logger): void {
  logger.debug({}, 'one')
  logger.info({}, 'two')
  logger.warn({}, 'three')
  logger.error({}, 'four')
}

test('writes text with the levels of oslo.log, DEBUG only when asked', async () => {
  const quiet = (await written({}, writeAll)).trimEnd().split('\n')
  assert.equal(
    quiet.map((line) => line.split(' ').slice(3).join(' ')),
    [
      'INFO magnetodb.test [-] two',
      'WARNING magnetodb.test [-] three',
      'ERROR magnetodb.test [-] four',
    ],
  )
  assert.match(await written({ debug: true }, writeAll), 'DEBUG magnetodb.test [-] one\n')
})

test('says whether debug is worth gathering fields for', async () => {
  const seen: boolean[] = []
  await written({}, (logger) => seen.push(logger.isDebugEnabled))
  await written({ debug: true }, (logger) => seen.push(logger.isDebugEnabled))
  assert.equal(seen, [false, true])
})

test('writes JSON when asked', async () => {
  const line = await written({ useJson: true }, (logger) => logger.warn({ status: 503 }, 'busy'))
  const { level, name, message, status } = JSON.parse(line)
  assert.equal([level, name, message, status], ['WARNING', 'magnetodb.test', 'busy', 503])
})

test('writes no token, in either form', async () => {
  const token = `gAAAAAB${'k'.repeat(180)}`
  for (const useJson of [false, true]) {
    const line = await written({ useJson }, (logger) => {
      logger.info({ header: [token], token, error: new Error(`refused ${token}`) }, `got ${token}`)
    })
    assert.not.match(line, 'kkk')
    assert.match(line, 'refused')
  }
})

test('refuses in one line a file that it cannot open', () => {
  assert.throws(
    () => openLog({ debug: false, useJson: false, logFile: join(folder, 'none', 'some.log') }),
    /^cannot open the log file: ENOENT[^\n]+$/,
  )
})

function runAndExit(logFile: string | undefined): { stderr: string } {
  const script = `
    const { openLog } = await import('${LOGGER_MODULE}')
    const log = openLog({ debug: false, useJson: false, logFile: ${JSON.stringify(logFile)} })
    const logger = log.named('magnetodb.test')
    logger.info({}, 'first')
    await new Promise(setImmediate)
    logger.info({}, 'last')
    process.exit(0)`
  const args = ['--input-type=module', '-e', script]
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: 20_000,
  })
  assert.is(status, 0)
  return { stderr }
}

test('loses no line when the process exits at once', () => {
  const logFile = join(folder, 'exit.log')
  runAndExit(logFile)
  // The first may still be on its way when the exit writes the last at once.
  const messages = readFileSync(logFile, 'utf8').match(/(first|last)\n/g)
  assert.equal(messages?.sort(), ['first\n', 'last\n'])
})

test('goes to standard error without a file', () => {
  const { stderr } = runAndExit(undefined)
  assert.match(stderr, 'magnetodb.test [-] first\n')
  assert.match(stderr, 'magnetodb.test [-] last\n')
})

test('does not keep a process from exiting when the disk is full', () => {
  runAndExit('/dev/full')
})

test.run()
