import { andThen, type Stepped } from '../../../model/steps.ts'
import type { PutItem } from '../../../operations/items/put-item.ts'
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
  Item: mandatory(attributes),
  ...WRITE_PARAMETERS,
})

export type ShownPut = PutItem & { readonly shown: WriteShown }

export function decodePutItem(request: WireRequest, templates: Templates): Stepped<ShownPut> {
  return andThen(inputOf(SHAPE, request), (input) => {
    checkMixing(input, CONDITION_KINDS)
    const item = sound(input.Item)
    return { table: input.TableName, item, ...conditionalWrite(input, templates) }
  })
}
