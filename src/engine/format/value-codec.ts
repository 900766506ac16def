import type { Item } from '../../model/attribute-value.ts'
import { type EncodedItem, readItem } from '../../model/typed-json.ts'

/**
 * A row's value: a header byte with the format in the high half and flags in the low half, then the
 * item as typed JSON (model/typed-json.ts). An index entry has its item's size in between, four
 * bytes big-endian, so that a page can be cut before its items are fetched.
 */

const FORMAT = 0x10
const FORMAT_MASK = 0xf0
const TYPED_MAPS_FLAG = 0x01

const ITEM_HEADER_BYTES = 1
const ENTRY_HEADER_BYTES = 5

function header({ typedMaps }: EncodedItem): number {
  return typedMaps ? FORMAT | TYPED_MAPS_FLAG : FORMAT
}

export function itemValue(encoded: EncodedItem): Buffer {
  const { json } = encoded
  const jsonBytes = Buffer.byteLength(json)
  const value = Buffer.allocUnsafe(ITEM_HEADER_BYTES + jsonBytes)
  value[0] = header(encoded)
  // Copying ASCII is faster than encoding it.
  value.write(json, ITEM_HEADER_BYTES, jsonBytes === json.length ? 'latin1' : 'utf8')
  return value
}

/** @param shown the value of an item with the attributes that the entry projects */
export function entryValue(shown: Buffer, itemSizeBytes: number): Buffer {
  const value = Buffer.allocUnsafe(ENTRY_HEADER_BYTES - ITEM_HEADER_BYTES + shown.length)
  value[0] = shown[0] ?? 0
  value.writeUInt32BE(itemSizeBytes, 1)
  shown.copy(value, ENTRY_HEADER_BYTES, ITEM_HEADER_BYTES)
  return value
}

/** Bytes of a value per byte of its item's size. Plain items take five: a name and a letter or
 * digit each. A number of one digit and 125 zeros takes sixty. */
const STORED_BYTES_PER_SIZE_BYTE_MAX = 8

/** The size that page budgets count: that of the item or of the entry's projection, but at least an
 * eighth of the value's length, so that no page is too large an answer. */
export function rowSizeBytes(shownSizeBytes: number, value: Buffer): number {
  return Math.max(shownSizeBytes, Math.ceil(value.length / STORED_BYTES_PER_SIZE_BYTE_MAX))
}

export function encodedItemOf(value: Buffer): EncodedItem {
  return encodedFrom(value, ITEM_HEADER_BYTES)
}

export function encodedEntryOf(value: Buffer): EncodedItem {
  return encodedFrom(value, ENTRY_HEADER_BYTES)
}

function encodedFrom(value: Buffer, headerBytes: number): EncodedItem {
  const flags = value[0] ?? 0
  if ((flags & FORMAT_MASK) !== FORMAT) throw new RangeError(`unknown value format ${flags}`)
  return {
    json: value.toString('utf8', headerBytes),
    typedMaps: (flags & TYPED_MAPS_FLAG) !== 0,
  }
}

export function itemOf(value: Buffer): Item {
  return readItem(encodedItemOf(value).json)
}

/** The size of an index entry's item. */
export function entryItemSizeBytes(value: Buffer): number {
  return value.readUInt32BE(1)
}
