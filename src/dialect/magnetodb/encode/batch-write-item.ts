import { encodeItem } from '../../../model/typed-json.ts'
import type {
  BatchWriteItemResult,
  TableWrites,
  WriteRequest,
} from '../../../operations/batches/batch-write-item.ts'

export function encodeBatchWriteItem({ unprocessed }: BatchWriteItemResult): string {
  return `{"unprocessed_items":{${unprocessed.map(encodeTableWrites).join()}}}`
}

/** In the form of the request, so that the client can send it again. */
function encodeTableWrites({ table, writes }: TableWrites): string {
  return `${JSON.stringify(table)}:[${writes.map(encodeWrite).join()}]`
}

function encodeWrite(write: WriteRequest): string {
  return 'put' in write
    ? `{"put_request":{"item":${encodeItem(write.put).json}}}`
    : `{"delete_request":{"key":${encodeItem(write.delete).json}}}`
}
