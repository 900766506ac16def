import { select } from '../../engine/indexes/local-index.ts'
import { type EncodedItem, encodeItem, readItem } from '../../model/typed-json.ts'

/** The named attributes of an item; as it is stored, and not even parsed, when all are wanted. */
export function projectedItem(
  encoded: EncodedItem,
  attributes: readonly string[] | undefined,
): EncodedItem {
  return attributes ? encodeItem(select(readItem(encoded.json), attributes)) : encoded
}
