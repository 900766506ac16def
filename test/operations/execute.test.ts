import { once } from 'node:events'
import * as assert from 'uvu/assert'
import { Engine } from '../../src/engine/engine.ts'
import { BodyTimeoutError, CallerGoneError } from '../../src/http/body.ts'
import { createRequestContext, type RequestContext } from '../../src/identity/request-context.ts'
import { type ErrorCode, MagnetoDBError } from '../../src/model/errors.ts'
import {
  Executor,
  OPERATION_SECONDS_MAX,
  type OperationEvent,
} from '../../src/operations/execute.ts'
import type { Operation } from '../../src/operations/operation.ts'
import { Enforcer } from '../../src/policy/enforcer.ts'
import { StorageUnavailableError } from '../../src/storage/driver.ts'
import { WornDriver } from '../storage/worn-driver.ts'
import { test } from '../support/suite.ts'

const driver = new WornDriver()
const engine = new Engine({ driver })
const enforcer = new Enforcer(
  ['mdb:put_item', 'mdb:get_item'].map((name) => ({ name, checkStr: 'role:member' })),
)

test.after(() => engine.close())

function contextWith(role: string) {
  const identity = { userId: 'u', projectId: 'p', roles: new Set([role]), expiresAt: Infinity }
  return createRequestContext(identity, 'req-1')
}
const MEMBER = contextWith('member')
const READER = contextWith('reader')

function putItem(run: Operation<string, string>['run']): Operation<string, string> {
  return { name: 'put_item', run }
}

/** Runs an operation like an endpoint. */
async function execute<Command, Result>(
  executor: Executor,
  operation: Operation<Command, Result>,
  context: RequestContext,
  decode: () => Command | Promise<Command>,
): Promise<Result> {
  const call = executor.authorize(operation, context)
  let command: Command
  try {
    command = await decode()
  } catch (error) {
    throw call.failed(error)
  }
  return call.run(command)
}

async function failure(running: Promise<unknown>): Promise<unknown> {
  return running.then(
    () => assert.unreachable(),
    (error: unknown) => error,
  )
}

async function codeOf(running: Promise<unknown>): Promise<ErrorCode | undefined> {
  const error = await failure(running)
  return error instanceof MagnetoDBError ? error.code : undefined
}

test('an allowed operation runs for its project with a deadline', async () => {
  const before = performance.now()
  const executor = new Executor({ engine, driver, enforcer })
  const operation = putItem(async (_engine, command, { projectId, deadline }) => {
    assert.ok(deadline >= before + OPERATION_SECONDS_MAX * 1_000)
    assert.ok(deadline <= performance.now() + OPERATION_SECONDS_MAX * 1_000)
    return `${projectId}: ${command}`
  })
  assert.is(await execute(executor, operation, MEMBER, async () => 'command'), 'p: command')
})

test('a request without permission is not decoded', async () => {
  const executor = new Executor({ engine, driver, enforcer })
  const decode = (): never => {
    throw new Error('decoded')
  }
  const running = execute(executor, putItem(decode), READER, decode)
  assert.is(await codeOf(running), 'forbidden')
})

test('an operation beyond the limit in flight waits until one has ended or failed', async () => {
  const executor = new Executor({
    ...{ engine, driver, enforcer },
    ...{ operationsInFlightMax: 2, projectShare: 1 },
  })
  let running = 0
  let most = 0
  const counted = putItem(async (_engine, command) => {
    most = Math.max(most, ++running)
    await new Promise(setImmediate)
    running--
    if (command === 'fail') throw new MagnetoDBError({ is: 'condition_failed' })
    return command
  })
  const commands = ['a', 'fail', 'b', 'fail', 'c', 'd']
  const outcomes = await Promise.allSettled(
    commands.map((command) => execute(executor, counted, MEMBER, () => command)),
  )
  assert.equal(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'fail')),
    commands,
  )
  assert.is(most, 2)
})

test('an unavailable storage is reported with its cause', async () => {
  const executor = new Executor({ engine, driver, enforcer })
  const cause = new StorageUnavailableError('node 3 is down')
  const error = await failure(
    execute(
      executor,
      putItem(() => Promise.reject(cause)),
      MEMBER,
      () => '',
    ),
  )
  assert.instance(error, MagnetoDBError)
  assert.is((error as MagnetoDBError).code, 'unavailable')
  assert.is((error as MagnetoDBError).cause, cause)
})

test('a failing observer does not change the answer and is called once', async () => {
  let calls = 0
  const observe = (): never => {
    calls++
    throw new Error('the disk of the log is full')
  }
  const executor = new Executor({ engine, driver, enforcer, observer: { observe } })
  const warned = once(process, 'warning')
  assert.is(
    await execute(
      executor,
      putItem(async () => 'done'),
      MEMBER,
      () => '',
    ),
    'done',
  )
  assert.is(calls, 1)
  assert.match(String(await warned), 'the disk of the log is full')
  assert.is(
    await codeOf(
      execute(
        executor,
        putItem(async () => ''),
        READER,
        () => '',
      ),
    ),
    'forbidden',
  )
  assert.is(calls, 2)
})

test('every outcome of an operation is observed once', async () => {
  const seen: string[] = []
  const observer = {
    observe: ({ operation, context, outcome, seconds, storage }: OperationEvent) => {
      assert.ok(seconds >= 0 && seconds < 5)
      assert.equal([storage.requests, storage.depth], [0, 0])
      seen.push(`${operation} by ${[...context.roles][0]} ${outcome}`)
    },
  }
  const executor = new Executor({ engine, driver, enforcer, observer })
  const answer = putItem(async () => '')
  await execute(executor, answer, MEMBER, () => '')
  await failure(execute(executor, answer, READER, () => ''))
  const invalid = () => Promise.reject(new MagnetoDBError({ is: 'json_empty' }))
  await failure(execute(executor, answer, MEMBER, invalid))
  for (const lost of [new CallerGoneError(), new BodyTimeoutError()]) {
    await failure(execute(executor, answer, MEMBER, () => Promise.reject(lost)))
  }
  await failure(
    execute(
      executor,
      putItem(() => Promise.reject(new TypeError('defect'))),
      MEMBER,
      () => '',
    ),
  )
  assert.equal(seen, [
    'put_item by member ok',
    'put_item by reader forbidden',
    'put_item by member validation',
    'put_item by member request_lost',
    'put_item by member request_lost',
    'put_item by member internal',
  ])
})

test.run()
