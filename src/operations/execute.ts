import { Admission, type AdmissionLimits, type Demand } from '../admission/admission.ts'
import { WorkTurns } from '../admission/work-turns.ts'
import type { Engine } from '../engine/engine.ts'
import type { Work } from '../engine/operation-context.ts'
import type { RequestContext } from '../identity/request-context.ts'
import { type ErrorCode, MagnetoDBError } from '../model/errors.ts'
import { isSteps, type Stepped } from '../model/steps.ts'
import type { Enforcer } from '../policy/enforcer.ts'
import { RateLimits, type Rates } from '../quota/rate-limits.ts'
import { CountedStorage } from '../storage/counted-storage.ts'
import { type StorageDriver, StorageUnavailableError } from '../storage/driver.ts'
import {
  DECLARATIONS,
  type Declaration,
  type Declarations,
  type OperationName,
  POLICY_NAMES,
} from './declarations.ts'
import type { Operation } from './operation.ts'

/** Seconds from the end of decoding to the operation's deadline, when storage drivers give up. */
export const OPERATION_SECONDS_MAX = 10

export type Outcome = 'ok' | ErrorCode

/** What an operation cost the storage (storage/counted-storage.ts). */
export interface StorageCost {
  readonly requests: number
  readonly depth: number
}

/** The request of an operation, for observers. */
export interface ObservedRequest {
  /** The wire, with its name for logs and metrics. */
  readonly wire: { readonly name: string }
  /** Calls the listener when the response is written or the client has disconnected. */
  whenAnswered(listener: (answer: AnswerFigures) => void): void
}

export interface AnswerFigures {
  /** Undefined if the client disconnected before the response. */
  readonly status: number | undefined
  /** Bytes of the request's body. */
  readonly bytesIn: number
  /** Bytes of the response's body. */
  readonly bytesOut: number
}

/** Describes an operation that has ended. */
export interface OperationEvent {
  readonly operation: OperationName
  /** The tables of the command, separated by commas; undefined if there are none, or no command was
   * decoded. */
  readonly table: string | undefined
  /** Undefined if the operation did not come from a request. */
  readonly request: ObservedRequest | undefined
  readonly context: RequestContext
  readonly outcome: Outcome
  /** From the authorization to the result, including receiving the body. */
  readonly seconds: number
  readonly storage: StorageCost
}

export interface Observer {
  /** An error thrown here does not affect the response; it becomes a process warning. */
  observe(event: OperationEvent): void
}

export interface ExecutorOptions extends AdmissionLimits {
  readonly engine: Engine
  readonly driver: StorageDriver
  readonly enforcer: Enforcer
  readonly observer?: Observer
  readonly declarations?: Declarations
  /** Rate limits per project. Unset: unlimited. */
  readonly rates?: Rates
}

interface CallParts extends ExecutorOptions {
  readonly admission: Admission
  readonly demands: Readonly<Record<string, Demand>>
  readonly turns: WorkTurns
  readonly rateLimits: RateLimits
}

/**
 * Every wire runs operations through this class: authorize, decode, run. A wire decodes a command
 * only after the authorization. So callers without permission always get the same error, whatever
 * they send and whatever exists.
 */
export class Executor {
  readonly #parts: CallParts

  constructor(options: ExecutorOptions) {
    this.#parts = { ...options, ...sharedParts(options) }
  }

  /** @throws MagnetoDBError `not_permitted` or `rate_exceeded` */
  authorize<Command, Result>(
    operation: Operation<Command, Result>,
    context: RequestContext,
    request?: ObservedRequest,
  ): Call<Command, Result> {
    const { rateLimits } = this.#parts
    const call = new Call(this.#parts, operation, context, request)
    try {
      if (!this.#parts.enforcer.allows(POLICY_NAMES[operation.name], context, context)) {
        throw new MagnetoDBError({ is: 'not_permitted' })
      }
      rateLimits.take(context.projectId, DECLARATIONS[operation.name].access)
      return call
    } catch (error) {
      throw call.failed(error)
    }
  }
}

/** An authorized operation. It ends exactly once, by `run` or by `failed`. */
export class Call<Command, Result> implements Work {
  readonly #parts: CallParts
  readonly #operation: Operation<Command, Result>
  readonly #context: RequestContext
  readonly #request: ObservedRequest | undefined
  readonly #storage: CountedStorage
  readonly #startedAt = performance.now()
  #isObserved = false

  constructor(
    parts: CallParts,
    operation: Operation<Command, Result>,
    context: RequestContext,
    request?: ObservedRequest,
  ) {
    this.#parts = parts
    this.#operation = operation
    this.#context = context
    this.#request = request
    this.#storage = new CountedStorage(parts.driver)
  }

  /**
   * @param deliver encodes and sends the result, as part of the operation
   * @throws (rejects with) MagnetoDBError; any other error is a bug
   */
  async run<Answer = Result>(
    command: Command,
    deliver?: (result: Result) => Answer | Promise<Answer>,
  ): Promise<Answer | Result> {
    const { admission, demands, engine } = this.#parts
    const { projectId } = this.#context
    const demand = demands[this.#operation.name] ?? SMALL
    const deadline = performance.now() + OPERATION_SECONDS_MAX * 1_000
    let isIn = false
    try {
      const waiting = admission.enter(projectId, demand, deadline)
      if (waiting) await waiting
      isIn = true
      const request = { projectId, deadline, storage: this.#storage, work: this }
      const result = await this.#operation.run(engine, command, request)
      this.#observe('ok', command)
      if (!deliver) return result
      const answer = deliver(result)
      return answer instanceof Promise ? await answer : answer
    } catch (cause) {
      throw this.failed(cause, command)
    } finally {
      if (isIn) admission.leave(projectId, demand)
    }
  }

  /** Also used to decode the command and to encode the result. */
  finish<T>(stepped: Stepped<T>): T | Promise<T> {
    if (!isSteps(stepped)) return stepped
    return this.#parts.turns.finish(this.#context.projectId, stepped)
  }

  turn(): Promise<void> {
    return this.#parts.turns.turn(this.#context.projectId)
  }

  /**
   * Ends a call that cannot run, for example because its command cannot be decoded.
   *
   * @returns the error to throw
   */
  failed(cause: unknown, command?: Command): unknown {
    const error = translated(cause)
    this.#observe(error instanceof MagnetoDBError ? error.code : 'internal', command)
    return error
  }

  #observe(outcome: Outcome, command: Command | undefined): void {
    const { observer } = this.#parts
    if (!observer || this.#isObserved) return
    this.#isObserved = true
    const seconds = (performance.now() - this.#startedAt) / 1_000
    const { name: operation } = this.#operation
    const table = tablesNamed(command)
    const [context, request, storage] = [this.#context, this.#request, this.#storage]
    try {
      observer.observe({ operation, table, request, context, outcome, seconds, storage })
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error))
    }
  }
}

const SMALL: Demand = { bytes: 0, isBulkLoad: false }

function sharedParts({ declarations = DECLARATIONS, rates, ...limits }: ExecutorOptions) {
  const demands = Object.entries<Declaration>(declarations).map(
    ([name, { bytes = 0, isBulkLoad = false }]) => [name, { bytes, isBulkLoad }] as const,
  )
  return {
    admission: new Admission(limits),
    demands: Object.fromEntries(demands),
    turns: new WorkTurns(),
    rateLimits: new RateLimits(rates),
  }
}

/** A command has either one `table`, or `requests` that each have one. */
function tablesNamed(command: unknown): string | undefined {
  const { table, requests } = (command ?? {}) as { table?: unknown; requests?: unknown }
  if (typeof table === 'string') return table
  return Array.isArray(requests) ? requests.map(tablesNamed).join() : undefined
}

/** Turns the engine's StorageUnavailableError into the reason that callers see. */
export function translated(error: unknown): unknown {
  if (!(error instanceof StorageUnavailableError)) return error
  return new MagnetoDBError({ is: 'storage_unavailable' }, { cause: error })
}
