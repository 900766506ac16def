import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fstatSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { isStandardErrorJournal } from '../../src/telemetry/journal.ts'
import { test } from '../support/suite.ts'

const LOGGER_MODULE = new URL('../../src/telemetry/logger.js', import.meta.url).href

/** The output of a process whose standard error is a pipe, which JOURNAL_STREAM may name. */
async function standardErrorOf(options: object, isNamed: boolean): Promise<string[]> {
  const script = `
    const { dev, ino } = (await import('node:fs')).fstatSync(2)
    process.env.JOURNAL_STREAM = ${isNamed} ? dev + ':' + ino : '1:1'
    const { openLog } = await import('${LOGGER_MODULE}')
    const log = openLog({ debug: true, useJson: false, ...${JSON.stringify(options)} })
    const logger = log.named('magnetodb.test')
    logger.debug({}, 'one')
    logger.info({}, 'two')
    logger.warn({}, 'three')
    logger.error({ error: Object.assign(new Error(), { stack: 'four\\n  at' }) }, 'failed')
    await log.close()
    process.exit(0)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const [code] = await once(child, 'close')
  assert.is(code, 0, stderr)
  return stderr.trimEnd().split('\n')
}

const withoutPid = (lines: readonly string[]) => lines.map((line) => line.replace(/\d+ /, ''))

const FOR_JOURNAL = [
  '<7>DEBUG magnetodb.test [-] one',
  '<6>INFO magnetodb.test [-] two',
  '<4>WARNING magnetodb.test [-] three',
  '<3>ERROR magnetodb.test [-] failed',
  '<3>ERROR magnetodb.test [-] four',
  '<3>ERROR magnetodb.test [-]   at',
]

test('lines for the journal have a priority and no time', async () => {
  assert.equal(withoutPid(await standardErrorOf({}, true)), FOR_JOURNAL)
})

test('use_journal writes priorities also if standard error is no journal', async () => {
  assert.equal(withoutPid(await standardErrorOf({ useJournal: true }, false)), FOR_JOURNAL)
})

test('a JOURNAL_STREAM of another file has no effect', async () => {
  const [first = ''] = await standardErrorOf({}, false)
  assert.match(first, /^\d{4}-\d\d-\d\d [\d:.]+ \d+ DEBUG magnetodb\.test \[-\] one$/)
})

test('JSON lines for the journal have the priority first', async () => {
  const lines = await standardErrorOf({ useJson: true }, true)
  assert.equal(
    lines.map((line) => [line.slice(0, 3), JSON.parse(line.slice(3)).level]),
    [
      ['<7>', 'DEBUG'],
      ['<6>', 'INFO'],
      ['<4>', 'WARNING'],
      ['<3>', 'ERROR'],
    ],
  )
})

test('the journal is recognized by device and inode', () => {
  const { dev, ino } = fstatSync(2)
  assert.is(isStandardErrorJournal(`${dev}:${ino}`), true)
  for (const text of ['', `${dev}:${ino + 1}`, 'rubbish']) {
    assert.is(isStandardErrorJournal(text), false)
  }
})

test.run()
