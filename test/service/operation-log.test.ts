import * as assert from 'uvu/assert'
import type { OperationEvent, Outcome } from '../../src/operations/execute.ts'
import { OperationLog } from '../../src/service/operation-log.ts'
import type { LogFields } from '../../src/telemetry/logger.ts'
import { test } from '../support/suite.ts'

const lines: [message: string, fields: LogFields][] = []
const logger = {
  isDebugEnabled: false,
  debug() {},
  info: (fields: LogFields, message: string) => void lines.push([message, fields]),
  warn() {},
  error() {},
}
test.before.each(() => {
  lines.length = 0
})

const context = {
  requestId: 'req-1',
  userId: 'ann',
  projectId: 'demo',
  roles: new Set<string>(),
  expiresAt: Infinity,
}

function eventOf(
  outcome: Outcome,
  ms: number,
  request?: OperationEvent['request'],
): OperationEvent {
  const storage = { requests: 2, depth: 1 }
  return {
    ...{ operation: 'put_item', table: 'thread', outcome, seconds: ms / 1_000, storage, request },
    context,
  }
}

/** Those of four operations that get a log line. */
function loggedWith(logged: OperationLog['logged']): readonly string[] {
  const log = new OperationLog(logger, logged)
  for (const outcome of ['ok', 'condition_failed', 'unavailable'] as const) {
    for (const ms of [5, 50]) log.observe(eventOf(outcome, ms))
  }
  return lines.map(([, { outcome, microseconds }]) => `${outcome} ${microseconds}`)
}

test('log_operations false logs no operation, true logs all', () => {
  assert.equal(loggedWith({ are: 'none' }), [])
  assert.is(loggedWith({ are: 'all' }).length, 6)
})

test('log_operations errors logs failures, but not failed conditions', () => {
  assert.equal(loggedWith({ are: 'errors' }), ['unavailable 5000', 'unavailable 50000'])
})

test('log_operations slow logs slow operations and failures', () => {
  assert.equal(loggedWith({ are: 'errors_and_slow', slowMs: 50 }), [
    'ok 50000',
    'condition_failed 50000',
    'unavailable 5000',
    'unavailable 50000',
  ])
})

test('log_operations can change while serving', () => {
  const log = new OperationLog(logger, { are: 'none' })
  log.observe(eventOf('ok', 1))
  log.logged = { are: 'all' }
  log.observe(eventOf('ok', 1))
  assert.is(lines.length, 1)
})

test("an operation's line follows its answer and has status and bytes", () => {
  let answered = (): void => {}
  const log = new OperationLog(logger, { are: 'all' })
  log.observe(
    eventOf('ok', 1, {
      wire: { name: 'magnetodb' },
      whenAnswered: (listener) => {
        answered = () => listener({ status: 200, bytesIn: 30, bytesOut: 2 })
      },
    }),
  )
  assert.is(lines.length, 0)
  answered()
  assert.equal(lines, [
    [
      'put_item',
      {
        ...{ table: 'thread', status: 200, context, outcome: 'ok', microseconds: 1_000 },
        ...{ requests: 2, depth: 1, bytesIn: 30, bytesOut: 2, wire: 'magnetodb' },
      },
    ],
  ])
})

test('a flood of failed or slow operations logs a bounded number of lines', () => {
  const flood = (logged: OperationLog['logged']) => {
    lines.length = 0
    const log = new OperationLog(logger, logged)
    for (let i = 0; i < 100; i++) log.observe(eventOf('unavailable', 50))
    for (let i = 0; i < 100; i++) log.observe(eventOf('ok', 50))
    log.close()
    return lines.length
  }
  assert.is(flood({ are: 'all' }), 200)
  assert.is(flood({ are: 'errors' }), 20 + 1)
  assert.equal(lines.at(-1), ['more operations', { unavailable: 80 }])
  assert.is(flood({ are: 'errors_and_slow', slowMs: 20 }), 40 + 1)
  assert.equal(lines.at(-1), ['more operations', { unavailable: 80, ok: 80 }])
})

test.run()
