import { until } from '../support/until.ts'
import { Chooser } from './chooser.ts'
import { EXAMPLES } from './examples.ts'
import { outcomeOf } from './exchange.ts'
import { EXPLANATIONS } from './explanations.ts'
import { template } from './messages.ts'
import type { Answer, Peer } from './peer.ts'
import { type Request, Requests } from './requests.ts'
import { definition, type Json, keyNames, TABLES } from './tables.ts'

/** Of so many requests one is an example of a known difference. */
const EXAMPLE_EVERY = 1_300
const TABLE_POLL_MS = 10

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
    const request = exampleAt(at) ?? requests.next()
    const [one, other] = await answers([theirs, ours], request)
    operations.add(`${request.operation} ${one.status}`)
    if (one.message !== undefined) messages.add(template(one.message))
    if (one.status === 200) requests.succeeded(request)
    if (isSame(one, other)) continue
    const [explanation] =
      Object.entries(EXPLANATIONS).find(
        ([, { operations, explains }]) =>
          operations.test(request.operation) && explains(request, one, other),
      ) ?? []
    if (explanation) explained.add(explanation)
    else differences.push({ at, request, theirs: one, ours: other })
    if (differences.length >= options.differencesMax) break
    for (const TableName of await align([theirs, ours], request, one.status === other.status)) {
      requests.succeeded({ operation: 'DeleteTable', body: { TableName } })
    }
  }
  return { differences, explained, operations, productions: chooser.counts, messages }
}

/** Each example in its turn. */
function exampleAt(at: number): Request | undefined {
  if (at % EXAMPLE_EVERY !== EXAMPLE_EVERY - 1) return undefined
  return EXAMPLES[Math.floor(at / EXAMPLE_EVERY) % EXAMPLES.length]
}

class Counts extends Map<string, number> {
  add(name: string): void {
    this.set(name, (this.get(name) ?? 0) + 1)
  }
}

function isSame(theirs: Answer, ours: Answer): boolean {
  const text = (answer: Answer) =>
    JSON.stringify([answer.status, answer.type, answer.message, answer.body])
  return text(theirs) === text(ours)
}

async function createTables(service: Peer): Promise<void> {
  for (const table of TABLES) {
    const request = { operation: 'CreateTable', body: definition(table) }
    const { status, message } = await answered(service, request)
    if (status !== 200) throw new Error(`a table was not created: ${message}`)
  }
}

function answers([theirs, ours]: Both, request: Request) {
  return Promise.all([answered(theirs, request), answered(ours, request)])
}

/** Sends a request. After a change of a table, also waits until the table is ready. */
async function answered(service: Peer, request: Request): Promise<Answer> {
  const answer = await outcomeOf(service, request)
  const isChange = /^(Create|Update|Delete)Table$/.test(request.operation)
  if (isChange && answer.status === 200) await untilSettled(service, request.body)
  return answer
}

function untilSettled(service: Peer, { TableName }: Json): Promise<void> {
  const isSettled = async () => {
    const { body, status } = await service.call('DescribeTable', { TableName })
    return status !== 200 || (body.Table as Json).TableStatus === 'ACTIVE'
  }
  return until(`${TableName} settles`, isSettled, { pauseMs: TABLE_POLL_MS })
}

type Both = readonly [theirs: Peer, ours: Peer]

/**
 * Makes the state of both services equal after a difference, which would otherwise cause more.
 *
 * @param isAgreed both carried it out, or neither
 * @returns names of the tables deleted for this
 */
async function align(both: Both, { operation }: Request, isAgreed: boolean): Promise<string[]> {
  if (/Table/.test(operation)) return alignTables(both, isAgreed)
  if (/^(Put|Update|Delete)Item$|^BatchWriteItem$/.test(operation)) await alignItems(both)
  return []
}

async function alignItems(both: Both): Promise<void> {
  for (const table of TABLES) {
    const TableName = table.name
    const scan = { operation: 'Scan', body: { TableName, ConsistentRead: true } }
    const [one, other] = await answers(both, scan)
    if (isSame(one, other)) continue
    const items = [one, other].flatMap(({ body: { Items } }) => (Items ?? []) as Json[])
    for (const item of items) {
      const Key = Object.fromEntries(keyNames(table).map((name) => [name, item[name]]))
      for (const service of both) await service.call('DeleteItem', { TableName, Key })
    }
  }
}

async function alignTables(both: Both, isAgreed: boolean): Promise<string[]> {
  const isSameList = isSame(...(await answers(both, { operation: 'ListTables', body: {} })))
  if (isAgreed && isSameList) return []
  const dropped: string[] = []
  for (const service of both) {
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
