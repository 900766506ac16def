import { mapInSteps, type Steps } from '../../../model/steps.ts'
import { encodeInSteps } from '../../../model/typed-json.ts'
import type {
  BatchWriteItemResult,
  TableWrites,
  WriteRequest,
} from '../../../operations/batches/batch-write-item.ts'

export function* encodeBatchWriteItem({ unprocessed }: BatchWriteItemResult): Steps<string> {
  const tables = yield* mapInSteps(unprocessed, encodeTableWrites)
  return `{"unprocessed_items":{${tables.join()}}}`
}

/** In the form of the request, so that the client can send it again. */
function* encodeTableWrites({ table, writes }: TableWrites): Steps<string> {
  const texts = yield* mapInSteps(writes, encodeWrite)
  return `${JSON.stringify(table)}:[${texts.join()}]`
}

function* encodeWrite(write: WriteRequest): Steps<string> {
  yield
  return 'put' in write
    ? `{"put_request":{"item":${(yield* encodeInSteps(write.put)).json}}}`
    : `{"delete_request":{"key":${(yield* encodeInSteps(write.delete)).json}}}`
}
