import { type Path, pathOf } from '../../../expression/path.ts'
import { validationError } from '../../invalid-request.ts'
import { INVALID_PARAMETERS } from '../refusal.ts'
import { list } from '../shapes/collections.ts'
import { text } from '../shapes/scalars.ts'

export const attributesToGet = list(text(), { lengthMin: 1, lengthMax: 255 })

/** @throws MagnetoDBError if a name is empty or occurs twice */
export function decodeAttributesToGet(
  names: readonly string[] | undefined,
): readonly Path[] | undefined {
  if (names === undefined) return undefined
  const seen = new Set<string>()
  for (const name of names) {
    if (name === '') throw validationError('Empty attribute name')
    if (seen.has(name)) {
      throw validationError(`${INVALID_PARAMETERS}Duplicate value in attribute name: ${name}`)
    }
    seen.add(name)
  }
  return names.map(pathOf)
}
