import { BATCH_WRITE_REQUESTS_MAX } from '../../../model/limits.ts'
import { andThen, type Stepped } from '../../../model/steps.ts'
import type { TableDefinition } from '../../../model/table.ts'
import type {
  BatchWriteItem,
  TableWrites,
  WriteRequest,
} from '../../../operations/batches/batch-write-item.ts'
import { validationError } from '../../invalid-request.ts'
import type { WireRequest } from '../../wire.ts'
import { attributes, sound } from '../attribute/attributes.ts'
import { list, mapOf } from '../shapes/collections.ts'
import { mandatory, type Read, structure } from '../shapes/shape.ts'
import {
  type CapacityDetail,
  inputOf,
  returnConsumedCapacity,
  returnItemCollectionMetrics,
  tableNames,
} from './parameters.ts'

const writeRequest = structure({
  DeleteRequest: structure({ Key: mandatory(attributes) }),
  PutRequest: structure({ Item: mandatory(attributes) }),
})
const SHAPE = structure({
  ReturnConsumedCapacity: returnConsumedCapacity,
  ReturnItemCollectionMetrics: returnItemCollectionMetrics,
  RequestItems: mapOf(list(writeRequest), {
    names: tableNames,
    valueLengths: { min: 1, max: BATCH_WRITE_REQUESTS_MAX },
  }),
})

export type ShownBatchWrite = BatchWriteItem & {
  readonly capacity: CapacityDetail
  readonly metrics: boolean
  /** Definitions of its tables, once they are known. */
  readonly definitions: ReadonlyMap<string, TableDefinition>
}

export function decodeBatchWriteItem(request: WireRequest): Stepped<ShownBatchWrite> {
  return andThen(inputOf(SHAPE, request), (input) => {
    const { RequestItems, ReturnConsumedCapacity, ReturnItemCollectionMetrics } = input
    if (RequestItems === undefined || RequestItems.size === 0) {
      throw validationError('The requestItems parameter is required for BatchWriteItem')
    }
    const definitions = new Map<string, TableDefinition>()
    const check = (table: TableDefinition): void => {
      definitions.set(table.name, table)
    }
    const requests: TableWrites[] = Array.from(RequestItems, ([table, writes]) => ({
      ...{ table, writes: writes.map(writeOf), check },
    }))
    const capacity = ReturnConsumedCapacity ?? 'NONE'
    const count = requests.reduce((sum, { writes }) => sum + writes.length, 0)
    if (count > BATCH_WRITE_REQUESTS_MAX) {
      throw validationError('Too many items requested for the BatchWriteItem call')
    }
    return {
      ...{ requests, definitions, capacity, measured: capacity !== 'NONE' },
      metrics: ReturnItemCollectionMetrics === 'SIZE',
    }
  })
}

function writeOf({ PutRequest, DeleteRequest }: Read<typeof writeRequest>): WriteRequest {
  if (PutRequest && !DeleteRequest) return { put: sound(PutRequest.Item) }
  if (DeleteRequest && !PutRequest) return { delete: sound(DeleteRequest.Key) }
  throw validationError(
    'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the ' +
      'supported datatypes',
  )
}
