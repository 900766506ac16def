import type { SendHandle } from 'node:child_process'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '../config/load.ts'
import { DynamodbWire } from '../dialect/dynamodb/wire.ts'
import { dataWire, streamingWire } from '../dialect/magnetodb/wire.ts'
import type { Wires } from '../dialect/wire.ts'
import { Engine, type EngineOptions } from '../engine/engine.ts'
import { claimFormat } from '../engine/format/database-format.ts'
import { createApp } from '../http/app.ts'
import { BodyReceiver, STRANGERS_LIMITS } from '../http/body.ts'
import { ConnectionLimits } from '../http/connections/connection-limits.ts'
import { FlushPerTick } from '../http/connections/flush-per-tick.ts'
import { RequestQueue } from '../http/connections/request-queue.ts'
import { CONNECTIONS_WAITING_MAX, createHttpServer, drain } from '../http/connections/server.ts'
import type { Lifecycle } from '../http/exchange.ts'
import { Fault } from '../http/fault.ts'
import { Healthcheck } from '../http/pages/healthcheck.ts'
import { RouteTable } from '../http/route-table.ts'
import type { Authenticator } from '../identity/authenticator.ts'
import { KeystoneAuthenticator } from '../identity/keystone/authenticator.ts'
import { NoauthAuthenticator } from '../identity/noauth.ts'
import { Executor } from '../operations/execute.ts'
import { PolicyLoader, type PolicyLog } from '../policy/policy-loader.ts'
import type { StorageDriver } from '../storage/driver.ts'
import { openDriver } from '../storage/registry.ts'
import type { Log, Logger } from '../telemetry/logger.ts'
import { sparseErrors } from '../telemetry/sparse-errors.ts'
import { keystoneOptions } from './keystone-options.ts'
import { OperationLog } from './operation-log.ts'
import { policyOptions } from './policy-options.ts'
import { storageOptions } from './storage-options.ts'

export type ListenTarget = SendHandle | { readonly host: string; readonly port: number }

export interface Service {
  listen(target: ListenTarget): Promise<AddressInfo>
  /** Serves bulk loads and the health check, in addition to `listen`. */
  listenStreaming(target: ListenTarget): Promise<AddressInfo>
  /** Looks for jobs now and periodically. */
  lookForJobs(): void
  /** Applies mutable options and re-reads the policy files. Never rejects: errors are logged. */
  reload(config: Config): Promise<void>
  /** Stops accepting requests and answers the others. @returns whether all were answered */
  drain(): Promise<boolean>
  /** Ends everything at once, in reverse order. */
  close(): Promise<void>
}

/**
 * Builds the service as configured. On failure, closes everything that was opened.
 *
 * @param wakeOther tells another process of a new job, if that process looks for jobs
 */
export async function createService(
  config: Config,
  log: Log,
  wakeOther?: () => void,
): Promise<Service> {
  const closers: (() => void | Promise<void>)[] = []
  const close = async () => {
    for (const closePart of closers.splice(0).reverse()) await closePart()
  }
  try {
    const policyLog = ofOneProcess(log.named('magnetodb.policy'))
    const policy = await PolicyLoader.open(policyOptions(config), policyLog)
    closers.push(() => policy.close())
    const driver = await openDriver(storageOptions(config))
    closers.push(() => driver.close())
    await claimFormat(driver, performance.now() + FORMAT_MS_MAX)
    const authenticator = createAuthenticator(config, log)
    closers.push(() => authenticator.close())
    await authenticator.open()
    const engine = new Engine({
      ...engineOptions(config, log.named('magnetodb.engine')),
      ...{ driver, ...(wakeOther && { wakeOther }) },
    })
    closers.push(() => engine.close())
    const lifecycle: Lifecycle = { draining: false }
    const fault = new Fault({ log: log.named('magnetodb.api') })
    closers.push(() => fault.close())
    const { log_operations } = config.DEFAULT
    const operationLog = new OperationLog(log.named('magnetodb.operation'), log_operations)
    closers.push(() => operationLog.close())
    const { enforcer } = policy
    const executor = new Executor({
      ...{ engine, driver, enforcer, observer: operationLog },
      ...admissionOptions(config),
    })
    const parts = {
      ...sharedParts(config, driver, authenticator),
      ...{ executor, lifecycle, fault },
    }
    const openServer = (...wires: Wires): Server => {
      const own = { ...parts, wires, routes: new RouteTable(wires) }
      const server = createHttpServer(createApp(own), own)
      closers.push(() => closeServer(server))
      return server
    }
    const { region, cors_allowed_origins: corsOrigins } = config.dynamodb
    const dynamodb = new DynamodbWire(authenticator, { region, corsOrigins })
    const server = openServer(dataWire(authenticator), dynamodb)
    const streamingServer = openServer(streamingWire(authenticator))
    return {
      listen: (target) => listen(server, target),
      listenStreaming: (target) => listen(streamingServer, target),
      lookForJobs: () => engine.jobs.lookForJobs(),
      reload({ DEFAULT }) {
        operationLog.logged = DEFAULT.log_operations
        return policy.reload()
      },
      async drain() {
        const both = [server, streamingServer].map((each) => drain(each, lifecycle))
        return (await Promise.all(both)).every(Boolean)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function engineOptions({ DEFAULT }: Config, log: Logger): Omit<EngineOptions, 'driver'> {
  return {
    tablesPerProjectMax: DEFAULT.tables_per_project,
    onBackgroundError: sparseErrors(log, 'background work failed'),
    onJobFailing({ id, failures, state, error }) {
      const fields = { job: id, failures, state: JSON.stringify(state), reason: error }
      log.error(fields, 'a job keeps failing')
    },
  }
}

function admissionOptions({ DEFAULT }: Config) {
  return {
    operationsInFlightMax: DEFAULT.operations_in_flight,
    projectShare: DEFAULT.project_share,
    rates: { read: DEFAULT.reads_per_second, write: DEFAULT.writes_per_second },
  }
}

/** The policy log of a worker. It contains only problems that keep this worker from using the
 * rules, because the primary reads the same files and logs the rest. */
function ofOneProcess(log: Logger): PolicyLog {
  return {
    info: (fields, message) => log.debug(fields, message),
    error: (fields, message) =>
      fields.problem === undefined ? log.error(fields, message) : log.debug(fields, message),
  }
}

function sharedParts({ DEFAULT }: Config, driver: StorageDriver, authenticator: Authenticator) {
  return {
    queue: new RequestQueue(),
    connections: new ConnectionLimits(),
    receiver: new BodyReceiver(),
    strangers: new BodyReceiver(STRANGERS_LIMITS),
    flush: new FlushPerTick(),
    healthcheck: new Healthcheck({
      identity: () => authenticator.probe(),
      storage: () => probeStorage(driver),
    }),
    publicEndpoint: DEFAULT.public_endpoint,
    loopbackOnly: DEFAULT.auth_strategy === 'noauth',
  }
}

function createAuthenticator(config: Config, log: Log): Authenticator {
  if (config.DEFAULT.auth_strategy === 'noauth') return new NoauthAuthenticator()
  return new KeystoneAuthenticator({
    options: keystoneOptions(config),
    log: log.named('magnetodb.identity'),
  })
}

const FORMAT_MS_MAX = 10_000
const PROBE_MS_MAX = 2_000
/** A table id that is never used. */
const PROBED_TABLE = Buffer.alloc(16)
const PROBED_KEY = Buffer.from('healthcheck')

async function probeStorage(driver: StorageDriver): Promise<void> {
  const read = { level: 'strong', deadline: performance.now() + PROBE_MS_MAX } as const
  await driver.get(PROBED_TABLE, PROBED_KEY, PROBED_KEY, read)
  await driver.checkRoom?.()
}

function listen(server: Server, target: ListenTarget): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(target, CONNECTIONS_WAITING_MAX, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
