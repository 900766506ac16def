import type { AttributeType } from '../../model/attribute-value.ts'
import type { LocalIndex, TableDefinition } from '../../model/table.ts'
import type { PutRow } from '../../storage/driver.ts'

/** A definition as its catalogue row holds it: JSON, attribute types as a list of pairs. What a
 * process does not know of a definition in this format it keeps as it is. */
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

/** The row of a definition in the catalogue. */
export function definitionRow(definition: TableDefinition): PutRow {
  const value = encodeDefinition(definition)
  return { sort: Buffer.from(definition.name), value, size: value.length, expiresAt: 0 }
}

const FORMAT = 1

type DefinitionJson = Omit<TableDefinition, 'attributeTypes' | 'indexes' | 'settings'> & {
  readonly format: number
  readonly attributeTypes: readonly (readonly [string, AttributeType])[]
  readonly localSecondaryIndexes: readonly Omit<LocalIndex, 'kind'>[]
  /** Absent from what was written before there were any. */
  readonly settings?: TableDefinition['settings']
}

export function decodeDefinition(value: Buffer): TableDefinition {
  const json = JSON.parse(value.toString()) as DefinitionJson
  const { format, attributeTypes, localSecondaryIndexes, settings = {}, ...rest } = json
  if (format !== FORMAT) throw new RangeError(`unknown definition format ${format}`)
  const indexes = localSecondaryIndexes.map((index) => ({ ...index, kind: 'local' }) as const)
  return { ...rest, attributeTypes: new Map(attributeTypes), indexes, settings }
}
