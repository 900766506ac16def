import { pathOf } from '../../../expression/path.ts'
import type { UpdateAction } from '../../../expression/update.ts'
import { isSetType } from '../../../model/attribute-value.ts'
import { validationError } from '../../invalid-request.ts'
import { attributeValue } from '../attribute/attributes.ts'
import { typeWord } from '../attribute/type-words.ts'
import { INVALID_PARAMETERS } from '../refusal.ts'
import { mapOf } from '../shapes/collections.ts'
import { text } from '../shapes/scalars.ts'
import { type Read, structure } from '../shapes/shape.ts'

const attributeUpdate = structure({
  Action: text<'ADD' | 'PUT' | 'DELETE'>({ values: ['ADD', 'PUT', 'DELETE'] }),
  Value: attributeValue,
})
export const attributeUpdates = mapOf(attributeUpdate)

/** @throws MagnetoDBError */
export function decodeAttributeUpdates(
  updates: Read<typeof attributeUpdates> | undefined,
): readonly UpdateAction[] {
  return Array.from(updates ?? [], ([attribute, each]) => actionOf(attribute, each))
}

function actionOf(
  attribute: string,
  { Action = 'PUT', Value }: Read<typeof attributeUpdate>,
): UpdateAction {
  const path = pathOf(attribute)
  if (!Value) {
    if (Action === 'DELETE') return { action: 'remove', path }
    throw invalid('Only DELETE action is allowed when no attribute value is specified')
  }
  Value.faults.refuse()
  const { value } = Value
  if (Action === 'PUT') return { action: 'set', path, value: { is: 'value', value } }
  if (Action === 'DELETE') {
    if (isSetType(value.type)) return { action: 'subtract', path, value }
    throw invalid(`DELETE action with value is not supported for the type ${typeWord(value.type)}`)
  }
  if (isSetType(value.type) || value.type === 'N') return { action: 'add', path, value }
  if (value.type !== 'L')
    throw invalid(`ADD action is not supported for the type ${typeWord(value.type)}`)
  // ADD appends to a list.
  const empty = { is: 'value', value: { type: 'L', value: [] } } as const
  const left = { is: 'if_not_exists', path, otherwise: empty } as const
  return { action: 'set', path, value: { is: 'list_append', left, right: { is: 'value', value } } }
}

function invalid(message: string) {
  return validationError(INVALID_PARAMETERS + message)
}
