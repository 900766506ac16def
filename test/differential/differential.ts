import { setTimeout as delay } from 'node:timers/promises'
import { Chooser } from './chooser.ts'
import { EXAMPLES } from './examples.ts'
import { outcomeOf } from './exchange.ts'
import { EXPLANATIONS } from './explanations.ts'
import { template } from './messages.ts'
import { mutated } from './mutations.ts'
import type { Answer, Peer } from './peer.ts'
import { type Request, Requests } from './requests.ts'
import { definition, type Json, keyNames, TABLES } from './tables.ts'

const MUTATED_PERCENT = 6
/** Of so many requests one is an example of a known difference. */
const EXAMPLE_EVERY = 1_300
const TABLE_POLL_MS = 10
const TABLE_POLLS_MAX = 2_000

export interface Difference {
  /** The number of the operation within the run. */
  readonly at: number
  readonly request: Request
  readonly theirs: Answer
  readonly ours: Answer
}

export interface Outcome {
  readonly differences: readonly Difference[]
  /** Number of differences by the explanation that covers them. */
  readonly explained: ReadonlyMap<string, number>
  /** Number of requests by operation and status. */
  readonly operations: ReadonlyMap<string, number>
  readonly productions: ReadonlyMap<string, number>
  /** Number of DynamoDB Local's messages, without details of the request. */
  readonly messages: ReadonlyMap<string, number>
}

export interface RunOptions {
  readonly theirs: Peer
  readonly ours: Peer
  readonly operations: number
  readonly seed: number
  /** The run stops after this many unexplained differences. */
  readonly differencesMax: number
  readonly signal?: AbortSignal
}

/** Sends the same random requests, one after another, to both services. */
export async function compareServices(options: RunOptions): Promise<Outcome> {
  const { theirs, ours, seed } = options
  const chooser = new Chooser(seed)
  const requests = new Requests(chooser)
  const differences: Difference[] = []
  const [explained, operations, messages] = [new Counts(), new Counts(), new Counts()]
  for (const service of [theirs, ours]) await createTables(service)
  for (let at = 0; at < options.operations && !options.signal?.aborted; at++) {
    const request = exampleAt(at) ?? randomRequest(chooser, requests)
    const [one, other] = await Promise.all([answered(theirs, request), answered(ours, request)])
    operations.add(`${request.operation} ${one.status}`)
    if (one.message !== undefined) messages.add(template(one.message))
    if (one.status === 200) requests.succeeded(request)
    if (isSame(one, other)) continue
    const explanation = EXPLANATIONS.find(
      (each) => each.operations.test(request.operation) && each.explains(request, one, other),
    )
    if (explanation) explained.add(explanation.name)
    else differences.push({ at, request, theirs: one, ours: other })
    if (differences.length >= options.differencesMax) break
    for (const TableName of await align(theirs, ours, request, one.status === other.status)) {
      requests.succeeded({ operation: 'DeleteTable', body: { TableName } })
    }
  }
  return { differences, explained, operations, productions: chooser.counts, messages }
}

function randomRequest(chooser: Chooser, requests: Requests): Request {
  const whole = requests.next()
  return chooser.chance(MUTATED_PERCENT) ? mutated(chooser, whole) : whole
}

/** Each example in its turn. */
function exampleAt(at: number): Request | undefined {
  if (at % EXAMPLE_EVERY !== EXAMPLE_EVERY - 1) return undefined
  return EXAMPLES[Math.floor(at / EXAMPLE_EVERY) % EXAMPLES.length]
}

export class Counts extends Map<string, number> {
  add(name: string): void {
    this.set(name, (this.get(name) ?? 0) + 1)
  }
}

function isSame(theirs: Answer, ours: Answer): boolean {
  return JSON.stringify(answerText(theirs)) === JSON.stringify(answerText(ours))
}

function answerText({ status, type, message, body }: Answer): unknown[] {
  return [status, type, message, body]
}

async function createTables(service: Peer): Promise<void> {
  for (const table of TABLES) {
    const request = { operation: 'CreateTable', body: definition(table) }
    const { status, message } = await answered(service, request)
    if (status !== 200) throw new Error(`a table was not created: ${message}`)
  }
}

/** Sends a request. After a change of a table, also waits until the table is ready. */
async function answered(service: Peer, request: Request): Promise<Answer> {
  const answer = await outcomeOf(service, request)
  const { operation, body } = request
  if (/^(Create|Update|Delete)Table$/.test(operation) && answer.status === 200) {
    await untilSettled(service, body)
  }
  return answer
}

async function untilSettled(service: Peer, { TableName }: Json): Promise<void> {
  for (let polls = 0; polls < TABLE_POLLS_MAX; polls++) {
    const { body, status } = await service.call('DescribeTable', { TableName })
    const { TableStatus } = (body.Table ?? {}) as Json
    if (status !== 200 || TableStatus === 'ACTIVE') return
    await delay(TABLE_POLL_MS)
  }
  throw new Error(`${TableName} does not settle`)
}

/**
 * Makes the state of both services equal after a difference, which would otherwise cause more.
 *
 * @param isAgreed both carried it out, or neither
 * @returns names of the tables deleted for this
 */
async function align(
  theirs: Peer,
  ours: Peer,
  { operation }: Request,
  isAgreed: boolean,
): Promise<string[]> {
  if (/Table/.test(operation)) return alignTables(theirs, ours, isAgreed)
  if (/^(Put|Update|Delete)Item$|^BatchWriteItem$/.test(operation)) await alignItems(theirs, ours)
  return []
}

async function alignItems(theirs: Peer, ours: Peer): Promise<void> {
  for (const table of TABLES) {
    const body = { TableName: table.name, ConsistentRead: true }
    const request = { operation: 'Scan', body }
    const [one, other] = await Promise.all([outcomeOf(theirs, request), outcomeOf(ours, request)])
    if (isSame(one, other)) continue
    const items = [one, other].flatMap(({ body: { Items } }) => (Items ?? []) as Json[])
    const keys = items.map((item) =>
      Object.fromEntries(keyNames(table).map((name) => [name, item[name]])),
    )
    for (const Key of keys) {
      for (const service of [theirs, ours]) {
        await service.call('DeleteItem', { TableName: table.name, Key })
      }
    }
  }
}

async function alignTables(theirs: Peer, ours: Peer, isAgreed: boolean): Promise<string[]> {
  const request = { operation: 'ListTables', body: {} }
  const hasSame = isSame(await outcomeOf(theirs, request), await outcomeOf(ours, request))
  if (isAgreed && hasSame) return []
  const dropped: string[] = []
  for (const service of [theirs, ours]) {
    const { body } = await service.call('ListTables', {})
    const names = (body.TableNames ?? []) as string[]
    for (const TableName of names.filter((name) => !TABLES.some((table) => table.name === name))) {
      dropped.push(TableName)
      await service.call('UpdateTable', { TableName, DeletionProtectionEnabled: false })
      await untilSettled(service, { TableName })
      await answered(service, { operation: 'DeleteTable', body: { TableName } })
    }
  }
  return dropped
}
