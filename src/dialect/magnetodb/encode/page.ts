import { type EncodedItem, encodeItem } from '../../../model/typed-json.ts'
import type { PageResult } from '../../../operations/items/query.ts'

export function encodeQueryPage(page: PageResult): string {
  return `{"count":${page.count}${itemsAndKey(page)}}`
}

export function encodeScanPage(page: PageResult): string {
  return `{"count":${page.count},"scanned_count":${page.scannedCount}${itemsAndKey(page)}}`
}

function itemsAndKey({ items, lastEvaluatedKey }: PageResult): string {
  const found = items ? `,"items":${encodeItems(items)}` : ''
  const last = lastEvaluatedKey ? `,"last_evaluated_key":${encodeItem(lastEvaluatedKey).json}` : ''
  return found + last
}

export function encodeItems(items: readonly EncodedItem[]): string {
  let json = ''
  for (const item of items) json += json === '' ? item.json : `,${item.json}`
  return `[${json}]`
}
