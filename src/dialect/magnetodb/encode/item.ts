import type { EncodedItem } from '../../../model/typed-json.ts'
import type { GetItemResult } from '../../../operations/items/get-item.ts'

export function encodeFoundItem({ item }: GetItemResult): string {
  return item ? `{"item":${item.json}}` : '{}'
}

/** The response of PutItem, UpdateItem and DeleteItem. */
export function encodeAttributes({ attributes }: { readonly attributes?: EncodedItem }): string {
  return attributes ? `{"attributes":${attributes.json}}` : '{}'
}
