import type { AttributeType, ScalarType, TypedMapType } from '../../../model/attribute-value.ts'

const SCALARS: readonly ScalarType[] = ['S', 'N', 'B']
const TYPED_MAPS = SCALARS.flatMap((key) => SCALARS.map((value): TypedMapType => `${key}${value}M`))

/** Types shown as M: maps, and v1's typed maps. */
export const DOCUMENT_MAP_TYPES: readonly AttributeType[] = ['M', ...TYPED_MAPS]
