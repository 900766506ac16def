import type { AttributeType } from '../../model/attribute-value.ts'
import type { TableDefinition } from '../../model/table.ts'
import type { PutRow } from '../../storage/driver.ts'

/** A definition as its catalogue row holds it: JSON, attribute types as a list of pairs. */
export function encodeDefinition(definition: TableDefinition): Buffer {
  const attributeTypes = [...definition.attributeTypes]
  return Buffer.from(JSON.stringify({ format: FORMAT, ...definition, attributeTypes }))
}

/** The row of a definition in the catalogue. */
export function definitionRow(definition: TableDefinition): PutRow {
  const value = encodeDefinition(definition)
  return { sort: Buffer.from(definition.name), value, size: value.length, expiresAt: 0 }
}

const FORMAT = 1

type DefinitionJson = Omit<TableDefinition, 'attributeTypes'> & {
  readonly format: number
  readonly attributeTypes: readonly (readonly [string, AttributeType])[]
}

export function decodeDefinition(value: Buffer): TableDefinition {
  const { format, attributeTypes, ...rest } = JSON.parse(value.toString()) as DefinitionJson
  if (format !== FORMAT) throw new RangeError(`unknown definition format ${format}`)
  return { ...rest, attributeTypes: new Map(attributeTypes) }
}
