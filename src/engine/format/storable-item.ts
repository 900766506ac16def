import { type Item, itemSizeBytes } from '../../model/attribute-value.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { ITEM_JSON_BYTES_MAX, ITEM_SIZE_BYTES_MAX } from '../../model/limits.ts'
import { ONE_PIECE_BYTES_MAX, type Stepped, type Steps } from '../../model/steps.ts'
import { type EncodedItem, encodeInSteps, encodeItem } from '../../model/typed-json.ts'
import { itemValue } from './value-codec.ts'

/** A valid item, encoded once for its row and index entries. */
export interface StorableItem {
  readonly item: Item
  /** By DynamoDB's rule. */
  readonly sizeBytes: number
  readonly value: Buffer
}

/** @throws MagnetoDBError if the item is too large, by DynamoDB's rule or as JSON */
export function storableItem(item: Item): Stepped<StorableItem> {
  const sizeBytes = itemSizeBytes(item)
  if (sizeBytes > ITEM_SIZE_BYTES_MAX) {
    throw new MagnetoDBError({ is: 'item_too_large', bytesMax: ITEM_SIZE_BYTES_MAX })
  }
  if (sizeBytes > ONE_PIECE_BYTES_MAX) return storableInSteps(item, sizeBytes)
  return storable(item, sizeBytes, encodeItem(item))
}

function* storableInSteps(item: Item, sizeBytes: number): Steps<StorableItem> {
  // A text of the largest item takes long to escape, as it did to decode it.
  yield 'long'
  return storable(item, sizeBytes, yield* encodeInSteps(item))
}

function storable(item: Item, sizeBytes: number, encoded: EncodedItem): StorableItem {
  const value = itemValue(encoded)
  if (value.length > ITEM_JSON_BYTES_MAX) {
    throw new MagnetoDBError({ is: 'item_json_too_large', bytesMax: ITEM_JSON_BYTES_MAX })
  }
  return { item, sizeBytes, value }
}
