import type { AttributeType } from '../../model/attribute-value.ts'
import type { LocalIndex, TableDefinition } from '../../model/table.ts'
import type { PutRow } from '../../storage/driver.ts'

/** The JSON of a definition in its catalogue row. Properties that this version does not know are
 * preserved. */
export function encodeDefinition(definition: TableDefinition): Buffer {
  const { attributeTypes, key, indexes, settings, createdAt, ...rest } = definition
  const json = {
    format: FORMAT,
    ...rest,
    attributeTypes: [...attributeTypes],
    key,
    localSecondaryIndexes: indexes.map(({ kind, ...index }) => index),
    createdAt,
    ...(Object.keys(settings).length > 0 && { settings }),
  }
  return Buffer.from(JSON.stringify(json))
}

export function definitionRow(definition: TableDefinition): PutRow {
  const value = encodeDefinition(definition)
  return { sort: Buffer.from(definition.name), value, size: value.length, expiresAt: 0 }
}

const FORMAT = 1

type DefinitionJson = Omit<TableDefinition, 'attributeTypes' | 'indexes' | 'settings'> & {
  readonly format: number
  readonly attributeTypes: readonly (readonly [string, AttributeType])[]
  readonly localSecondaryIndexes: readonly Omit<LocalIndex, 'kind'>[]
  /** Absent in definitions without settings, and in those of versions that had none. */
  readonly settings?: TableDefinition['settings']
}

export function decodeDefinition(value: Buffer): TableDefinition {
  const json = JSON.parse(value.toString()) as DefinitionJson
  const { format, attributeTypes, localSecondaryIndexes, settings = {}, ...rest } = json
  if (format !== FORMAT) throw new RangeError(`unknown definition format ${format}`)
  const indexes = localSecondaryIndexes.map((index) => ({ ...index, kind: 'local' }) as const)
  return { ...rest, attributeTypes: new Map(attributeTypes), indexes, settings }
}
