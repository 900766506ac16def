import type { TableDefinition } from '../../model/table.ts'
import type { StoredItem } from '../format/stored-item.ts'

/**
 * When an item is to be deleted, by the present definition of its table: seconds since 1970, 0 =
 * never. All tables keep it beside the item. The journal says only when to look.
 */
export function expiryOf(_definition: TableDefinition, { expiresAt }: StoredItem): number {
  return expiresAt
}
