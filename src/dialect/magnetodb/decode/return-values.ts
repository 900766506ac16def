import { validationError } from '../../../model/errors.ts'
import { shortened } from '../../quoted-json.ts'
import { requireString } from '../properties.ts'

export function decodeReturnValues<T extends string>(
  json: unknown,
  allowed: readonly T[],
): T | 'NONE' {
  if (json === undefined) return 'NONE'
  const wanted = requireString(json, 'return_values')
  const mode = allowed.find((known) => known === wanted)
  if (mode === undefined) {
    throw validationError(`Return values type '${shortened(wanted)}' isn't allowed`)
  }
  return mode
}
