/** Performs a request and brings the result into a form in which two services can be compared. */

import type { Answer, Peer } from './peer.ts'
import type { Request } from './requests.ts'
import type { Json } from './tables.ts'

const PAGES_MAX = 100
/** Members that may differ between services: addresses, times, and numbers that may lag. */
const OWN = new Set([
  ...['TableArn', 'IndexArn', 'TableId', 'TableStatus', 'IndexStatus', 'CreationDateTime'],
  ...['LastIncreaseDateTime', 'LastDecreaseDateTime', 'LastUpdateToPayPerRequestDateTime'],
  ...['ItemCount', 'TableSizeBytes', 'IndexSizeBytes'],
])
/** Lists whose order has no meaning. */
const UNORDERED = new Set([
  ...['SS', 'NS', 'BS', 'AttributeDefinitions', 'LocalSecondaryIndexes', 'NonKeyAttributes'],
  ...['ItemCollectionMetrics', 'ConsumedCapacity'],
])

/** Reads queries and scans to their end, and reads an item after its update. */
export async function outcomeOf(service: Peer, request: Request): Promise<Answer> {
  const { operation } = request
  if (operation === 'Query') return joined(await walk(service, request), request)
  if (operation === 'Scan') {
    const answer = scanned(await walkSegments(service, request))
    // What follows a key is a service's own order.
    const isWhole = answer.status !== 200 || request.body.ExclusiveStartKey === undefined
    return isWhole ? answer : { status: 200, body: {} }
  }
  const answer = await service.call(operation, request.body)
  if (answer.status === 200 && operation === 'BatchGetItem') return unordered(answer)
  if (answer.status === 200 && operation === 'UpdateItem') {
    const { TableName, Key } = request.body
    const { body } = await service.call('GetItem', { TableName, Key, ConsistentRead: true })
    return { ...answer, body: comparable({ ...answer.body, after: body.Item }) as Json }
  }
  return { ...answer, body: comparable(answer.body) as Json }
}

async function walk(service: Peer, { operation, body }: Request): Promise<Answer[]> {
  const pages: Answer[] = []
  let start: Json = {}
  while (pages.length < PAGES_MAX) {
    const page = await service.call(operation, { ...body, ...start })
    pages.push(page)
    if (page.status !== 200 || page.body.LastEvaluatedKey === undefined) return pages
    start = { ExclusiveStartKey: page.body.LastEvaluatedKey }
  }
  return pages
}

async function walkSegments(service: Peer, request: Request): Promise<Answer[]> {
  const { body } = request
  const { Segment, TotalSegments } = body
  if (Segment !== 0 || typeof TotalSegments !== 'number') return walk(service, request)
  const answers: Answer[] = []
  for (let segment = 0; segment < Math.max(1, Math.min(TotalSegments, 5)); segment++) {
    answers.push(...(await walk(service, { ...request, body: { ...body, Segment: segment } })))
  }
  return answers
}

function joined(pages: readonly Answer[], { body: { IndexName } }: Request): Answer {
  const failed = pages.find(({ status }) => status !== 200)
  if (failed === undefined && IndexName !== undefined) return joinedOfIndex(pages, IndexName)
  return failed ?? { status: 200, body: { pages: comparable(pages.map(({ body }) => body)) } }
}

/** Items with equal index keys have no defined order, so a service may end a page at any of
 * them. */
function joinedOfIndex(pages: readonly Answer[], index: unknown): Answer {
  const range = String(index).replace(/^by-/, '')
  const runs: { key: string; items: unknown[] }[] = []
  for (const item of pages.flatMap(({ body }) => (body.Items ?? []) as Json[])) {
    const key = JSON.stringify(item[range] ?? null)
    const last = runs.at(-1)
    if (last?.key === key) last.items.push(item)
    else runs.push({ key, items: [item] })
  }
  const counts = pages.map(({ body: { Count, ScannedCount, ConsumedCapacity, Items } }) => ({
    ScannedCount,
    hasItems: Items !== undefined,
    ...(pages.length === 1 && { Count, ConsumedCapacity }),
  }))
  const items = runs.map((run) => sorted(run.items))
  return { status: 200, body: { pages: comparable(counts), Items: items } }
}

/** Joins the pages of a scan, since services may order hashes differently. */
function scanned(pages: readonly Answer[]): Answer {
  const failed = pages.find(({ status }) => status !== 200)
  if (failed) return failed
  const bodies = pages.map(({ body }) => body)
  const sum = (name: string) => bodies.reduce((total, body) => total + Number(body[name]), 0)
  const items = bodies.flatMap(({ Items }) => (Items as unknown[] | undefined) ?? [])
  const [first] = bodies
  return {
    status: 200,
    body: {
      Items: sorted(items),
      Count: sum('Count'),
      ScannedCount: sum('ScannedCount'),
      hasItems: bodies.every(({ Items }) => Items !== undefined),
      ...(pages.length === 1 && { ConsumedCapacity: comparable(first?.ConsumedCapacity) }),
    },
  }
}

/** `comparable` sorts the rest. */
function unordered({ status, body }: Answer): Answer {
  const responses = Object.entries((body.Responses ?? {}) as Record<string, unknown[]>)
  const ofTables = responses.map(([table, items]) => [table, sorted(items)])
  return { status, body: comparable({ ...body, Responses: Object.fromEntries(ofTables) }) as Json }
}

function sorted(values: readonly unknown[]): unknown[] {
  const texts = values.map((value) => JSON.stringify(comparable(value)))
  return texts.sort().map((text) => JSON.parse(text))
}

/** The value with sorted members and without those in `OWN`. */
export function comparable(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    return UNORDERED.has(name) ? sorted(value) : value.map((each) => comparable(each))
  }
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
    .filter(([member]) => !OWN.has(member))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([member, each]) => [member, comparable(each, member)])
  return Object.fromEntries(members)
}
