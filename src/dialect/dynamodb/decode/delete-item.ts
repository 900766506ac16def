import { andThen, type Stepped } from '../../../model/steps.ts'
import type { DeleteItem } from '../../../operations/items/delete-item.ts'
import type { WireRequest } from '../../wire.ts'
import { attributes, sound } from '../attribute/attributes.ts'
import type { Templates } from '../expression/templates.ts'
import { checkMixing } from '../legacy/mixed-parameters.ts'
import { mandatory, structure } from '../shapes/shape.ts'
import { inputOf, tableName } from './parameters.ts'
import {
  CONDITION_KINDS,
  conditionalWrite,
  WRITE_PARAMETERS,
  type WriteShown,
} from './write-parameters.ts'

const SHAPE = structure({
  TableName: tableName,
  Key: mandatory(attributes),
  ...WRITE_PARAMETERS,
})

export type ShownDelete = DeleteItem & { readonly shown: WriteShown }

export function decodeDeleteItem(request: WireRequest, templates: Templates): Stepped<ShownDelete> {
  return andThen(inputOf(SHAPE, request), (input) => {
    checkMixing(input, CONDITION_KINDS)
    const key = sound(input.Key)
    return { table: input.TableName, key, ...conditionalWrite(input, templates) }
  })
}
