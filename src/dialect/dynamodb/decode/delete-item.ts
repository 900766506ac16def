import { andThen, type Stepped } from '../../../model/steps.ts'
import type { DeleteItem } from '../../../operations/items/delete-item.ts'
import type { WireRequest } from '../../wire.ts'
import { attributes, sound } from '../attribute/attributes.ts'
import { RequestExpressions } from '../expression/request-expressions.ts'
import type { Templates } from '../expression/templates.ts'
import { checkConditionalOperator } from '../legacy/conditional-operator.ts'
import { checkMixing } from '../legacy/mixed-parameters.ts'
import { mandatory, type Read, structure } from '../shapes/shape.ts'
import { inputOf, tableName } from './parameters.ts'
import { oldOrNone } from './put-item.ts'
import { refuseOpenedKeys } from './table-checks.ts'
import {
  WRITE_PARAMETERS,
  type WriteShown,
  writeCondition,
  writeShown,
} from './write-parameters.ts'

const SHAPE = structure({
  TableName: tableName,
  Key: mandatory(attributes),
  ...WRITE_PARAMETERS,
})
const KINDS = {
  expressions: ['ConditionExpression'],
  legacy: ['Expected', 'ConditionalOperator'],
} as const

export type ShownDelete = DeleteItem & { readonly shown: WriteShown }

export function decodeDeleteItem(request: WireRequest, templates: Templates): Stepped<ShownDelete> {
  return andThen(inputOf(SHAPE, request), (input) => deleteOf(input, templates))
}

function deleteOf(input: Read<typeof SHAPE>, templates: Templates): ShownDelete {
  checkMixing(input, KINDS)
  const key = sound(input.Key)
  const returnValues = oldOrNone(input.ReturnValues)
  checkConditionalOperator(input.ConditionalOperator, input.Expected)
  const expressions = new RequestExpressions(templates, input)
  const condition = writeCondition(input, expressions)
  expressions.finish()
  const check = refuseOpenedKeys(expressions.openedAttributes)
  return {
    ...{ table: input.TableName, key, returnValues, shown: writeShown(input) },
    ...(condition && { condition }),
    ...(check && { check }),
  }
}
