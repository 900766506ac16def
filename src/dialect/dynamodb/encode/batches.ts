import { andThen, mapInSteps, type Steps } from '../../../model/steps.ts'
import { encodeInSteps, encodeItem } from '../../../model/typed-json.ts'
import type { BatchGetItemResult, TableKeys } from '../../../operations/batches/batch-get-item.ts'
import type {
  BatchWriteItemResult,
  TableWrites,
  WriteRequest,
} from '../../../operations/batches/batch-write-item.ts'
import type { ShownBatchGet } from '../decode/batch-get-item.ts'
import type { ShownBatchWrite } from '../decode/batch-write-item.ts'
import { consumedCapacity, NO_INDEXES, readUnits, writtenUnits } from './capacity.ts'
import { collectionMetrics } from './collection-metrics.ts'
import { object, shownItems } from './shown-item.ts'

export function* encodeBatchGetItem(
  { responses, unprocessed, bytes }: BatchGetItemResult,
  _request: unknown,
  { requests, inputs, capacity }: ShownBatchGet,
): Steps<string> {
  const found = yield* mapInSteps(requests, ({ table }) =>
    andThen(shownItems(responses.get(table) ?? []), (text) => `${JSON.stringify(table)}:${text}`),
  )
  const left = unprocessed.map((keys) => encodeLeftKeys(keys, inputs))
  const used = requests.map(({ table, consistentRead }) =>
    consumedCapacity(table, capacity, () => ({
      table: sum((bytes.get(table) ?? []).map((size) => readUnits(size, consistentRead))),
      indexes: NO_INDEXES,
    })),
  )
  return object({
    Responses: `{${found.join()}}`,
    UnprocessedKeys: `{${left.join()}}`,
    ConsumedCapacity: capacity === 'NONE' ? undefined : `[${used.join()}]`,
  })
}

/** With the parameters as received, so that the client can send them again. */
function encodeLeftKeys({ table, keys }: TableKeys, inputs: ShownBatchGet['inputs']): string {
  const input = inputs.get(table)
  const names = input?.ExpressionAttributeNames
  const asked = {
    AttributesToGet: input?.AttributesToGet,
    ConsistentRead: input?.ConsistentRead,
    ProjectionExpression: input?.ProjectionExpression,
    ExpressionAttributeNames: names && Object.fromEntries(names),
  }
  const options = JSON.stringify(asked).slice(1)
  const texts = keys.map((key) => encodeItem(key).json)
  const separator = options === '}' ? '' : ','
  return `${JSON.stringify(table)}:{"Keys":[${texts.join()}]${separator}${options}`
}

export function* encodeBatchWriteItem(
  { unprocessed, usage }: BatchWriteItemResult,
  _request: unknown,
  { requests, capacity, metrics, definitions }: ShownBatchWrite,
): Steps<string> {
  const left = yield* mapInSteps(unprocessed, encodeLeftWrites)
  const used = requests.map(({ table }) =>
    consumedCapacity(table, capacity, () => writtenUnits(usage?.get(table) ?? [])),
  )
  return object({
    UnprocessedItems: `{${left.join()}}`,
    ItemCollectionMetrics: metrics ? metricsOf(requests, definitions) : undefined,
    ConsumedCapacity: capacity === 'NONE' ? undefined : `[${used.join()}]`,
  })
}

function* encodeLeftWrites({ table, writes }: TableWrites): Steps<string> {
  const texts = yield* mapInSteps(writes, encodeLeftWrite)
  return `${JSON.stringify(table)}:[${texts.join()}]`
}

function* encodeLeftWrite(write: WriteRequest): Steps<string> {
  yield
  return 'put' in write
    ? `{"PutRequest":{"Item":${(yield* encodeInSteps(write.put)).json}}}`
    : `{"DeleteRequest":{"Key":${(yield* encodeInSteps(write.delete)).json}}}`
}

/** Metrics of all item collections, without duplicates. */
function metricsOf(
  requests: readonly TableWrites[],
  definitions: ShownBatchWrite['definitions'],
): string {
  const tables = requests.flatMap(({ table, writes }) => {
    const definition = definitions.get(table)
    const texts = writes.map(
      (write) =>
        definition && collectionMetrics(definition, 'put' in write ? write.put : write.delete),
    )
    const found = new Set(texts.filter((each) => each !== undefined))
    return found.size === 0 ? [] : [`${JSON.stringify(table)}:[${[...found].join()}]`]
  })
  return `{${tables.join()}}`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
