import type { Engine } from '../engine/engine.ts'
import type { RequestContext } from '../identity/request-context.ts'
import { type ErrorCode, MagnetoDBError } from '../model/errors.ts'
import type { Enforcer } from '../policy/enforcer.ts'
import { CountedStorage } from '../storage/counted-storage.ts'
import { type StorageDriver, StorageUnavailableError } from '../storage/driver.ts'
import { DECLARATIONS, type Declarations, type OperationName } from './declarations.ts'
import type { Operation } from './operation.ts'

/** From the end of decoding; storage drivers give up at the operation's deadline. */
export const OPERATION_SECONDS_MAX = 10
/** Operations that one process runs at once; more are refused at once rather than queued. */
export const OPERATIONS_IN_FLIGHT_MAX = 1024

export type Outcome = 'ok' | ErrorCode

/** What an operation cost the storage (storage/counted-storage.ts). */
export interface StorageCost {
  readonly requests: number
  readonly depth: number
}

/** The request that an operation came with, for those who observe it. */
export interface OperationCall {
  /** The wire, as logs and metrics name it. */
  readonly wire: string
  /** Calls back once its answer is written, or its caller gone. */
  whenAnswered(listener: (answer: AnswerFigures) => void): void
}

export interface AnswerFigures {
  /** Undefined where nobody was left to answer. */
  readonly status: number | undefined
  /** Of the bodies. */
  readonly bytesIn: number
  readonly bytesOut: number
}

/** An operation that was asked for, at its end. */
export interface OperationEvent {
  readonly operation: OperationName
  /** The tables that the command names, separated by commas; undefined until there is one. */
  readonly table: string | undefined
  /** Undefined where the operation came with no request. */
  readonly call: OperationCall | undefined
  readonly context: RequestContext
  readonly outcome: Outcome
  /** From the authorization to the result, the receiving of the body included. */
  readonly seconds: number
  readonly storage: StorageCost
}

export interface Observer {
  /** What it throws is a warning of the process: the caller has its answer all the same. */
  observe(event: OperationEvent): void
}

export interface ExecutorOptions {
  readonly engine: Engine
  readonly driver: StorageDriver
  readonly enforcer: Enforcer
  readonly observer?: Observer
  readonly operationsInFlightMax?: number
  readonly declarations?: Declarations
}

/**
 * The one way to run an operation, for every wire: authorize, decode, admit, run, observe. The
 * command is decoded only for who may run it, so a caller who may not gets one answer whatever was
 * sent and whatever exists.
 */
export class Executor {
  readonly #engine: Engine
  readonly #driver: StorageDriver
  readonly #enforcer: Enforcer
  readonly #observer: Observer | undefined
  readonly #inFlightMax: number
  readonly #declarations: Declarations
  #inFlight = 0
  /** Of operations that have limits of their own: all of one, and those of one project. */
  readonly #inFlightOf = new Map<string, number>()

  constructor(options: ExecutorOptions) {
    this.#engine = options.engine
    this.#driver = options.driver
    this.#enforcer = options.enforcer
    this.#observer = options.observer
    this.#declarations = options.declarations ?? DECLARATIONS
    this.#inFlightMax = options.operationsInFlightMax ?? OPERATIONS_IN_FLIGHT_MAX
  }

  /** @throws (rejects with) MagnetoDBError; anything else is a defect */
  async execute<Command, Result>(
    operation: Operation<Command, Result>,
    context: RequestContext,
    decode: () => Command | Promise<Command>,
    call?: OperationCall,
  ): Promise<Result> {
    const startedAt = performance.now()
    const storage = new CountedStorage(this.#driver)
    let outcome: Outcome = 'ok'
    let command: Command | undefined
    try {
      this.#authorize(operation.name, context)
      command = await decode()
      this.#admit(operation.name, context.projectId)
      try {
        const deadline = performance.now() + OPERATION_SECONDS_MAX * 1_000
        const request = { projectId: context.projectId, deadline, storage }
        return await operation.run(this.#engine, command, request)
      } finally {
        this.#count(operation.name, context.projectId, -1)
      }
    } catch (cause) {
      const error = translated(cause)
      outcome = outcomeOf(error)
      throw error
    } finally {
      const seconds = (performance.now() - startedAt) / 1_000
      const table = tablesNamed(command)
      this.#observe({ operation: operation.name, context, outcome, seconds, storage, table, call })
    }
  }

  #authorize(operation: OperationName, context: RequestContext): void {
    if (!this.#enforcer.allows(`mdb:${operation}`, context, context)) {
      throw new MagnetoDBError({ is: 'not_permitted' })
    }
  }

  /** Counted until the operation has ended. */
  #admit(name: OperationName, projectId: string): void {
    const { inFlightMax } = this.#declarations[name]
    if (this.#inFlight >= this.#inFlightMax) throw new MagnetoDBError({ is: 'too_many_requests' })
    if (inFlightMax) {
      const { process, project } = inFlightMax
      if (this.#inFlightAs(projectShare(name, projectId)) >= project) {
        throw new MagnetoDBError({ is: 'too_many_project_requests' })
      }
      if (this.#inFlightAs(name) >= process) throw new MagnetoDBError({ is: 'too_many_requests' })
    }
    this.#count(name, projectId, 1)
  }

  #count(name: OperationName, projectId: string, change: 1 | -1): void {
    this.#inFlight += change
    if (!this.#declarations[name].inFlightMax) return
    for (const share of [name, projectShare(name, projectId)]) {
      const count = this.#inFlightAs(share) + change
      if (count === 0) this.#inFlightOf.delete(share)
      else this.#inFlightOf.set(share, count)
    }
  }

  #inFlightAs(share: string): number {
    return this.#inFlightOf.get(share) ?? 0
  }

  #observe(event: OperationEvent): void {
    try {
      this.#observer?.observe(event)
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error))
    }
  }
}

/** Commands about one table have it as `table`, those about several have such `requests`. */
function tablesNamed(command: unknown): string | undefined {
  const { table, requests } = (command ?? {}) as { table?: unknown; requests?: unknown }
  if (typeof table === 'string') return table
  return Array.isArray(requests) ? requests.map(tablesNamed).join() : undefined
}

function projectShare(operation: OperationName, projectId: string): string {
  return `${operation} ${projectId}`
}

function outcomeOf(error: unknown): Outcome {
  return error instanceof MagnetoDBError ? error.code : 'internal'
}

/** What the engine cannot reach is for every operation the same to the caller. */
export function translated(error: unknown): unknown {
  if (!(error instanceof StorageUnavailableError)) return error
  return new MagnetoDBError({ is: 'storage_unavailable' }, { cause: error })
}
