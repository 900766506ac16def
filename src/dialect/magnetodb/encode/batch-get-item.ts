import { encodeItem } from '../../../model/typed-json.ts'
import type { BatchGetItemResult, TableKeys } from '../../../operations/batches/batch-get-item.ts'
import { encodeItems } from './page.ts'

export function encodeBatchGetItem({ responses, unprocessed }: BatchGetItemResult): string {
  const found = Array.from(
    responses,
    ([table, items]) => `${JSON.stringify(table)}:${encodeItems(items)}`,
  )
  const left = unprocessed.map(encodeTableKeys)
  return `{"responses":{${found.join()}},"unprocessed_keys":{${left.join()}}}`
}

/** In the form of the request, so that the client can send it again. */
function encodeTableKeys({ table, keys, paths, consistentRead }: TableKeys): string {
  const encodedKeys = `"keys":${encodeItems(keys.map(encodeItem))}`
  const attributes = paths?.map(({ attribute }) => attribute)
  const names = attributes ? `,"attributes_to_get":${JSON.stringify(attributes)}` : ''
  const consistent = consistentRead ? ',"consistent_read":true' : ''
  return `${JSON.stringify(table)}:{${encodedKeys}${names}${consistent}}`
}
