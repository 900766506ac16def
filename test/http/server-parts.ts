import { encodeError } from '../../src/dialect/magnetodb/errors.ts'
import { dataWire } from '../../src/dialect/magnetodb/wire.ts'
import { JSON_TYPE, type Wire, type Wires } from '../../src/dialect/wire.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { AppParts } from '../../src/http/app.ts'
import { BodyReceiver, STRANGERS_LIMITS } from '../../src/http/body.ts'
import { ConnectionLimits } from '../../src/http/connections/connection-limits.ts'
import { FlushPerTick } from '../../src/http/connections/flush-per-tick.ts'
import type { GateParts } from '../../src/http/connections/gate.ts'
import { RequestQueue } from '../../src/http/connections/request-queue.ts'
import { Fault } from '../../src/http/fault.ts'
import { Healthcheck } from '../../src/http/pages/healthcheck.ts'
import { RouteTable } from '../../src/http/route-table.ts'
import { NoauthAuthenticator } from '../../src/identity/noauth.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { Executor } from '../../src/operations/execute.ts'
import { Enforcer } from '../../src/policy/enforcer.ts'
import { RULE_DEFAULTS } from '../../src/service/policy-options.ts'
import { MemoryDriver } from '../../src/storage/memory/driver.ts'

const log = { isDebugEnabled: false, debug() {}, info() {}, warn() {}, error() {} }

/** A wire with v1's errors, no routes and no known callers, unless `own` says otherwise. */
export function wireWith(own: Partial<Wire>): Wire {
  return {
    name: 'test',
    contentType: JSON_TYPE,
    routes: [],
    uploads: [],
    owns: () => true,
    known: () => undefined,
    identify: () => Promise.reject(new MagnetoDBError({ is: 'unauthenticated' })),
    encodeError,
    ...own,
  }
}

export type ServerParts = AppParts & GateParts

/** The parts of a server on the memory driver. Each can be replaced. */
export function serverParts({
  wires = [wireWith({})],
  ...own
}: Partial<ServerParts> & { readonly wires?: Wires } = {}): ServerParts {
  const driver = new MemoryDriver()
  return {
    wires,
    routes: new RouteTable(wires),
    fault: new Fault({ log }),
    lifecycle: { draining: false },
    receiver: new BodyReceiver(),
    strangers: new BodyReceiver(STRANGERS_LIMITS),
    queue: new RequestQueue(),
    connections: new ConnectionLimits(),
    flush: new FlushPerTick(),
    healthcheck: new Healthcheck({ identity: async () => {}, storage: async () => {} }),
    executor: new Executor({
      engine: new Engine({ driver }),
      driver,
      enforcer: new Enforcer([
        { name: 'mdb:get_item', checkStr: '@' },
        { name: 'mdb:put_item', checkStr: '@' },
      ]),
    }),
    loopbackOnly: false,
    ...own,
  }
}

/** v1 with the default policy and its own tables, and perhaps more wires. */
export function v1Parts(others: readonly Wire[] = [], own: Partial<ServerParts> = {}): ServerParts {
  const driver = new MemoryDriver()
  const enforcer = new Enforcer(RULE_DEFAULTS)
  return serverParts({
    wires: [dataWire(new NoauthAuthenticator()), ...others],
    executor: new Executor({ engine: new Engine({ driver }), driver, enforcer }),
    loopbackOnly: true,
    ...own,
  })
}
