import type { Item } from '../../model/attribute-value.ts'
import { type EncodedItem, readItem } from '../../model/typed-json.ts'

/**
 * A row's value: a header byte, format in the high half and flags in the low one, then the item as
 * typed JSON (model/typed-json.ts). An index entry has its item's size between the two, four bytes
 * big-endian, so that a page whose items must be fetched is cut before they are read.
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
  const value = Buffer.allocUnsafe(ITEM_HEADER_BYTES + Buffer.byteLength(encoded.json))
  value[0] = header(encoded)
  value.write(encoded.json, ITEM_HEADER_BYTES)
  return value
}

/** From the value of an item of what the entry shows. */
export function entryValue(shown: Buffer, itemSizeBytes: number): Buffer {
  const value = Buffer.allocUnsafe(ENTRY_HEADER_BYTES - ITEM_HEADER_BYTES + shown.length)
  value[0] = shown[0] ?? 0
  value.writeUInt32BE(itemSizeBytes, 1)
  shown.copy(value, ENTRY_HEADER_BYTES, ITEM_HEADER_BYTES)
  return value
}

/** Plain items take five times their size: a letter or a digit with a name of its own. A number of
 * one digit and 125 zeros takes sixty times. */
const STORED_BYTES_PER_SIZE_BYTE_MAX = 8

/** The size by which pages are cut: that of the item or of what an entry shows of it, but for those
 * whose values take so many times their size that a page of them would be too large an answer. */
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

/** The size of the item that an index entry stands for. */
export function entryItemSizeBytes(value: Buffer): number {
  return value.readUInt32BE(1)
}
