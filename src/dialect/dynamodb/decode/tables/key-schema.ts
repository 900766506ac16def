import type { KeySchema } from '../../../../model/table.ts'
import { validationError } from '../../../invalid-request.ts'
import { INVALID_PARAMETERS } from '../../refusal.ts'
import type { KeySchemaInput } from './table-shapes.ts'

/**
 * The key of a table or of an index: HASH, then optionally RANGE, both of defined attributes.
 *
 * @throws MagnetoDBError
 */
export function decodeKeySchema(
  schema: KeySchemaInput,
  defined: ReadonlyMap<string, unknown>,
): KeySchema {
  const [hash, range] = schema
  const names = schema.map(({ AttributeName }) => AttributeName)
  if (names.length > defined.size) {
    throw validationError('Invalid KeySchema: Some index key attribute have no definition')
  }
  if (names.some((name) => !defined.has(name))) {
    throw validationError(
      `${INVALID_PARAMETERS}Some index key attributes are not defined in AttributeDefinitions. ` +
        `Keys: [${names.join(', ')}], AttributeDefinitions: [${[...defined.keys()].join(', ')}]`,
    )
  }
  if (hash === undefined || hash.AttributeName === range?.AttributeName) {
    throw validationError(
      'Both the Hash Key and the Range Key element in the KeySchema have the same name',
    )
  }
  if (hash.KeyType !== 'HASH') {
    throw validationError('Invalid KeySchema: The first KeySchemaElement is not a HASH key type')
  }
  if (range && range.KeyType !== 'RANGE') {
    throw validationError('Invalid KeySchema: The second KeySchemaElement is not a RANGE key type')
  }
  return { hash: hash.AttributeName, ...(range && { range: range.AttributeName }) }
}
