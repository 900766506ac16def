import type { KeySchema } from '../../../model/table.ts'
import { validationError } from '../../invalid-request.ts'
import { requireAttributeName } from '../names.ts'
import { refuseUnexpected, requireObjects, requireString } from '../properties.ts'
import { shortened } from '../shortened.ts'

const PROPERTIES = new Set(['attribute_name', 'key_type'])

/** The key of a table or of an index: one HASH and at most one RANGE, in any order. */
export function decodeKeySchema(json: unknown): KeySchema {
  let hash: string | undefined
  let range: string | undefined
  for (const key of requireObjects(json, 'key_schema')) {
    const name = requireAttributeName(key.attribute_name)
    const type = requireString(key.key_type, 'key_type')
    if (type === 'HASH') {
      if (hash !== undefined) throw validationError("Only one 'HASH' key is allowed")
      hash = name
    } else if (type === 'RANGE') {
      if (range !== undefined) throw validationError("Only one 'RANGE' key is allowed")
      range = name
    } else {
      throw validationError(
        `Only 'RANGE' or 'HASH' key types are allowed, but '${shortened(type)}' is found`,
      )
    }
    refuseUnexpected(key, PROPERTIES, 'key_definition')
  }
  if (hash === undefined) throw validationError('HASH key is missing')
  return range === undefined ? { hash } : { hash, range }
}
