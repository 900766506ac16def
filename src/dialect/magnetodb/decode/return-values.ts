import { validationError } from '../../invalid-request.ts'
import { requireString } from '../properties.ts'
import { shortened } from '../shortened.ts'

/** Decodes a mode. NONE is allowed for every write. */
export function decodeReturnValues<T extends string>(
  json: unknown,
  allowed: readonly T[],
): T | 'NONE' {
  if (json === undefined || json === 'NONE') return 'NONE'
  const wanted = requireString(json, 'return_values')
  const mode = allowed.find((known) => known === wanted)
  if (mode === undefined) {
    throw validationError(`Return values type '${shortened(wanted)}' isn't allowed`)
  }
  return mode
}
