import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { dataWire } from '../../src/dialect/magnetodb/wire.ts'
import type { Route } from '../../src/dialect/wire.ts'
import { createApp } from '../../src/http/app.ts'
import { BodyReceiver } from '../../src/http/body.ts'
import { createHttpServer } from '../../src/http/connections/server.ts'
import { Fault } from '../../src/http/fault.ts'
import type { Authenticator } from '../../src/identity/authenticator.ts'
import {
  ForbiddenScopeError,
  IdentityUnavailableError,
  UnauthorizedError,
} from '../../src/identity/errors.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { StorageUnavailableError } from '../../src/storage/driver.ts'
import type { LogFields, Logger } from '../../src/telemetry/logger.ts'
import { ask, type RawAnswer } from '../support/raw-http.ts'
import { test } from '../support/suite.ts'
import { serverParts, wireWith } from './server-parts.ts'

/** Thrown by the one operation of this test's service, or by its authenticator. */
let operationError: unknown
let identityError: Error | undefined

interface Line {
  readonly level: string
  readonly fields: LogFields
  readonly message: string
}
const lines: Line[] = []
const write = (level: string) => (fields: LogFields, message: string) => {
  lines.push({ level, fields, message })
}
const log: Logger = {
  isDebugEnabled: false,
  debug: write('debug'),
  info: write('info'),
  warn: write('warn'),
  error: write('error'),
}

const authenticator: Authenticator = {
  wwwAuthenticate: 'Keystone uri="http://keystone.example"',
  open: async () => {},
  known: () => undefined,
  authenticate: async () => {
    if (identityError) throw identityError
    return { userId: 'u', projectId: 'p1', roles: new Set(), expiresAt: Infinity }
  },
  probe: async () => {},
  close: () => {},
}

const failing: Route = {
  method: 'POST',
  path: '/v1/data/:project_id/fail',
  operation: {
    name: 'put_item',
    run: async () => {
      throw operationError
    },
  },
  bodyBytesMax: 10,
  decode: () => ({}),
  encode: () => '{}',
}

let server: Server
let fault: Fault
let port: number

const BYTES_HELD_MAX = 10

test.before(async () => {
  fault = new Fault({ log })
  const wire = dataWire(authenticator)
  const parts = serverParts({
    wires: [
      wireWith({
        routes: [failing],
        identify: (request) => wire.identify(request),
        encodeError: (error) => wire.encodeError(error),
      }),
    ],
    fault,
    receiver: new BodyReceiver({
      idleSecondsMax: 5,
      totalSecondsMax: 5,
      bytesHeldMax: BYTES_HELD_MAX,
    }),
  })
  server = createHttpServer(createApp(parts), parts)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

test.after(() => {
  server.closeAllConnections()
  server.close()
})

async function failWith(errors: { operation?: unknown; identity?: Error }): Promise<RawAnswer> {
  operationError = errors.operation
  identityError = errors.identity
  lines.length = 0
  const target = '/v1/data/p1/fail'
  return ask(port, { method: 'POST', target, headers: ['X-Auth-Token: secret-token'], body: '{}' })
}

test('a failed request holds no memory of its body', async () => {
  for (let i = 0; i < BYTES_HELD_MAX; i++) {
    assert.is((await failWith({ operation: new Error('no') })).status, 500)
  }
})

test('an unexpected error answers 500 without details, logged with its stack', async () => {
  const defect = new TypeError('cannot read /etc/secret of undefined')
  const answer = await failWith({ operation: defect })
  assert.is(answer.status, 500)
  assert.not.match(answer.text, /secret|TypeError|node:|\.js/)
  assert.is(lines.length, 1)
  assert.is(lines[0]?.level, 'error')
  assert.is(lines[0]?.fields.error, defect)
  assert.is(lines[0]?.fields.context?.requestId, answer.headers.get('x-openstack-request-id'))
  assert.is(lines[0]?.fields.context?.projectId, 'p1')
  assert.is((await failWith({ operation: 'no error at all' })).status, 500)
})

test('a storage failure answers 503 with Retry-After, its reason in the log', async () => {
  const answer = await failWith({ operation: new StorageUnavailableError('node 3 is down') })
  assert.is(answer.status, 503)
  assert.is(answer.headers.get('retry-after'), '1')
  assert.not.match(answer.body, /node 3/)
  assert.is(lines[0]?.fields.reason, 'node 3 is down')
})

test('an unknown outcome of a write is logged with its reason', async () => {
  const cause = new Error('no space left on device')
  const unknown = new MagnetoDBError({ is: 'write_outcome_unknown', underWay: false }, { cause })
  const answer = await failWith({ operation: unknown })
  assert.is(answer.status, 500)
  assert.not.match(answer.body, /device/)
  assert.is(lines[0]?.message, 'write_outcome_unknown')
  assert.is(lines[0]?.fields.reason, 'no space left on device')
  await failWith({ operation: new MagnetoDBError({ is: 'table_outcome_unknown' }, { cause: [] }) })
  assert.is(lines[0]?.message, 'table_outcome_unknown')
})

test('a request beyond a limit is logged at INFO', async () => {
  await failWith({ operation: new MagnetoDBError({ is: 'too_many_requests' }) })
  assert.equal(
    lines.map(({ level, message, fields }) => [level, message, fields.status, fields.reason]),
    [['info', 'refused', 503, 'too_many_requests']],
  )
})

test('a failed condition is answered by the wire and not logged', async () => {
  const answer = await failWith({ operation: new MagnetoDBError({ is: 'condition_failed' }) })
  assert.is(JSON.parse(answer.body).error.type, 'ConditionalCheckFailedException')
  assert.is(lines.length, 0)
})

test('refusals beyond the cap of log lines are counted in one line', async () => {
  fault.close()
  const refused = { operation: new MagnetoDBError({ is: 'not_permitted' }) }
  for (let i = 0; i < 25; i++) await failWith(refused)
  assert.is(lines.length, 0)
  fault.close()
  assert.is(lines[0]?.message, 'more requests were refused')
  assert.equal(lines[0]?.fields, { 403: 5 })
})

test('an invalid token answers 401 with the challenge', async () => {
  const answer = await failWith({ identity: new UnauthorizedError() })
  assert.is(answer.status, 401)
  assert.is(answer.headers.get('www-authenticate'), 'Keystone uri="http://keystone.example"')
  assert.is(answer.body, 'Authentication required')
})

test('a token without a project answers 403', async () => {
  const answer = await failWith({ identity: new ForbiddenScopeError() })
  assert.is(answer.status, 403)
  assert.match(answer.body, /scoped to a project/)
})

test('with Keystone unreachable a request answers 503 with Retry-After', async () => {
  const answer = await failWith({ identity: new IdentityUnavailableError('ECONNREFUSED 10.0.0.1') })
  assert.is(answer.status, 503)
  assert.is(answer.headers.get('retry-after'), '2')
  assert.not.match(answer.body, /10\.0\.0\.1/)
})

test.run()
