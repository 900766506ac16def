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
} from './declarations.ts'
import type { Operation } from './operation.ts'

/** From the end of decoding; storage drivers give up at the operation's deadline. */
export const OPERATION_SECONDS_MAX = 10

export type Outcome = 'ok' | ErrorCode

/** What an operation cost the storage (storage/counted-storage.ts). */
export interface StorageCost {
  readonly requests: number
  readonly depth: number
}

/** The request that an operation came with, for those who observe it. */
export interface ObservedRequest {
  /** The wire, by its name in logs and metrics. */
  readonly wire: { readonly name: string }
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
  readonly request: ObservedRequest | undefined
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

export interface ExecutorOptions extends AdmissionLimits {
  readonly engine: Engine
  readonly driver: StorageDriver
  readonly enforcer: Enforcer
  readonly observer?: Observer
  readonly declarations?: Declarations
  /** Requests a second of one project. Unset, any number. */
  readonly rates?: Rates
}

interface CallParts extends ExecutorOptions {
  readonly admission: Admission
  readonly demands: Readonly<Record<string, Demand>>
  readonly turns: WorkTurns
  readonly rateLimits: RateLimits
}

/**
 * The one way to an operation, for every wire: authorize, decode, run. A wire decodes the command
 * only for who may run it, so a caller who may not gets one answer whatever was sent and whatever
 * exists.
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
      if (!this.#parts.enforcer.allows(`mdb:${operation.name}`, context, context)) {
        throw new MagnetoDBError({ is: 'not_permitted' })
      }
      rateLimits.take(context.projectId, DECLARATIONS[operation.name].access)
      return call
    } catch (error) {
      throw call.failed(error)
    }
  }
}

/** An operation on its way, for a caller who may run it. It ends once: by `run` or by `failed`. */
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
   * @param deliver encodes and sends the result, which counts as a part of the operation
   * @throws (rejects with) MagnetoDBError; anything else is a defect
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

  /** Also for what comes before and behind the operation: decoding and encoding. */
  finish<T>(stepped: Stepped<T>): T | Promise<T> {
    if (!isSteps(stepped)) return stepped
    return this.#parts.turns.finish(this.#context.projectId, stepped)
  }

  turn(): Promise<void> {
    return this.#parts.turns.turn(this.#context.projectId)
  }

  /**
   * Ends a call that cannot run: its command cannot be decoded, for one.
   *
   * @returns what is to be thrown
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

/** Commands about one table have it as `table`, those about several have such `requests`. */
function tablesNamed(command: unknown): string | undefined {
  const { table, requests } = (command ?? {}) as { table?: unknown; requests?: unknown }
  if (typeof table === 'string') return table
  return Array.isArray(requests) ? requests.map(tablesNamed).join() : undefined
}

/** What the engine cannot reach is for every operation the same to the caller. */
export function translated(error: unknown): unknown {
  if (!(error instanceof StorageUnavailableError)) return error
  return new MagnetoDBError({ is: 'storage_unavailable' }, { cause: error })
}
