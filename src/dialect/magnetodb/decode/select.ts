import type { Path } from '../../../expression/path.ts'
import type { Select } from '../../../operations/items/query.ts'
import { validationError } from '../../invalid-request.ts'
import type { JsonObject } from '../../json-object.ts'
import { decodeAttributesToGet } from '../names.ts'
import { isNull, requireString } from '../properties.ts'
import { shortened } from '../shortened.ts'

const SELECTS: readonly Select[] = [
  'ALL_ATTRIBUTES',
  'ALL_PROJECTED_ATTRIBUTES',
  'SPECIFIC_ATTRIBUTES',
  'COUNT',
]

export interface Selection {
  readonly select: Select
  readonly paths?: readonly Path[]
}

/** Decodes `select` and `attributes_to_get`. The default is `otherwise`. */
export function decodeSelection(body: JsonObject, otherwise: Select): Selection {
  const listed = !isNull(body.attributes_to_get)
  const paths = listed ? decodeAttributesToGet(body.attributes_to_get) : undefined
  const select = isNull(body.select) ? defaultSelect(paths, otherwise) : decodeSelect(body.select)
  if (listed && select !== 'SPECIFIC_ATTRIBUTES') {
    throw validationError("Attribute list is only expected with select_type 'SPECIFIC_ATTRIBUTES'")
  }
  return paths ? { select, paths } : { select }
}

function defaultSelect(paths: readonly Path[] | undefined, otherwise: Select): Select {
  return paths ? 'SPECIFIC_ATTRIBUTES' : otherwise
}

function decodeSelect(json: unknown): Select {
  const wanted = requireString(json, 'select')
  const select = SELECTS.find((known) => known === wanted)
  if (!select) throw validationError(`Select type '${shortened(wanted)}' isn't allowed`)
  return select
}
