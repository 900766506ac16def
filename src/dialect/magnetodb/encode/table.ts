import type {
  KeySchema,
  SecondaryIndex,
  TableDefinition,
  TableStatus,
} from '../../../model/table.ts'
import type { WireRequest } from '../../wire.ts'
import { tablesUrl } from '../paths.ts'

/** A new table shows as CREATING: clients expect this status, and wait for the next one. */
export function encodeCreatedTable(definition: TableDefinition, request: WireRequest): string {
  const described = describe(definition, request, 'CREATING')
  return JSON.stringify({ table_description: described })
}

export function encodeTable(definition: TableDefinition, request: WireRequest): string {
  return JSON.stringify({ table: describe(definition, request, definition.status) })
}

/** Only here, the list of indexes is present even if it is empty. */
export function encodeDeletedTable(definition: TableDefinition, request: WireRequest): string {
  const described = describe(definition, request, definition.status)
  return JSON.stringify({ table_description: { local_secondary_indexes: [], ...described } })
}

function describe(
  definition: TableDefinition,
  request: WireRequest,
  status: TableStatus | 'CREATING',
) {
  const { id, name, key, attributeTypes, createdAt } = definition
  const href = `${tablesUrl(request)}/${name}`
  const indexes = definition.indexes.map((index) => describeIndex(index, key.hash))
  return {
    attribute_definitions: Array.from(attributeTypes, ([attribute_name, attribute_type]) => ({
      attribute_name,
      attribute_type,
    })),
    creation_date_time: dateTime(createdAt),
    item_count: 0,
    key_schema: describeKey(key),
    ...(indexes.length > 0 && { local_secondary_indexes: indexes }),
    table_id: id,
    table_name: name,
    table_status: status,
    table_size_bytes: 0,
    links: [
      { href, rel: 'self' },
      { href, rel: 'bookmark' },
    ],
  }
}

function describeIndex({ name, range, projection }: SecondaryIndex, hash: string) {
  return {
    index_name: name,
    key_schema: describeKey({ hash, range }),
    projection:
      projection.type === 'INCLUDE'
        ? { projection_type: 'INCLUDE', non_key_attributes: projection.nonKeyAttributes }
        : { projection_type: projection.type },
    item_count: 0,
    index_size_bytes: 0,
  }
}

function describeKey({ hash, range }: KeySchema) {
  const schema = [{ attribute_name: hash, key_type: 'HASH' }]
  if (range !== undefined) schema.push({ attribute_name: range, key_type: 'RANGE' })
  return schema
}

/** `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, without a fraction of zero. */
function dateTime(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString().replace('T', ' ')
  return milliseconds % 1000 === 0 ? text.replace('.000Z', '') : text.replace('Z', '000')
}
