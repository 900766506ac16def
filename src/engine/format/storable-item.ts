import { type Item, itemSizeBytes } from '../../model/attribute-value.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { ITEM_JSON_BYTES_MAX, ITEM_SIZE_BYTES_MAX } from '../../model/limits.ts'
import { ONE_PIECE_BYTES_MAX, type Steps } from '../../model/steps.ts'
import { encodeInSteps, encodeItem } from '../../model/typed-json.ts'
import { itemValue } from './value-codec.ts'

/** An item that may be stored, encoded once for its row and its index entries. */
export interface StorableItem {
  readonly item: Item
  /** By DynamoDB's rule. */
  readonly sizeBytes: number
  /** The value of its row. */
  readonly value: Buffer
}

/** Throws where an item is larger than an item may be, counted as DynamoDB does or as JSON. */
export function* storableItem(item: Item): Steps<StorableItem> {
  const sizeBytes = itemSizeBytes(item)
  if (sizeBytes > ITEM_SIZE_BYTES_MAX) {
    throw new MagnetoDBError({ is: 'item_too_large', bytesMax: ITEM_SIZE_BYTES_MAX })
  }
  const value = itemValue(
    sizeBytes > ONE_PIECE_BYTES_MAX ? yield* encodeInSteps(item) : encodeItem(item),
  )
  if (value.length > ITEM_JSON_BYTES_MAX) {
    throw new MagnetoDBError({ is: 'item_json_too_large', bytesMax: ITEM_JSON_BYTES_MAX })
  }
  return { item, sizeBytes, value }
}
