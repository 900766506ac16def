import { andThen, type Stepped } from '../../../model/steps.ts'
import type { PutItem } from '../../../operations/items/put-item.ts'
import { validationError } from '../../invalid-request.ts'
import type { WireRequest } from '../../wire.ts'
import { attributes, sound } from '../attribute/attributes.ts'
import { RequestExpressions } from '../expression/request-expressions.ts'
import type { Templates } from '../expression/templates.ts'
import { checkConditionalOperator } from '../legacy/conditional-operator.ts'
import { checkMixing } from '../legacy/mixed-parameters.ts'
import { mandatory, type Read, structure } from '../shapes/shape.ts'
import { inputOf, tableName } from './parameters.ts'
import { refuseOpenedKeys } from './table-checks.ts'
import {
  WRITE_PARAMETERS,
  type WriteShown,
  writeCondition,
  writeShown,
} from './write-parameters.ts'

const SHAPE = structure({
  TableName: tableName,
  Item: mandatory(attributes),
  ...WRITE_PARAMETERS,
})
const KINDS = {
  expressions: ['ConditionExpression'],
  legacy: ['Expected', 'ConditionalOperator'],
} as const

export type ShownPut = PutItem & { readonly shown: WriteShown }

export function decodePutItem(request: WireRequest, templates: Templates): Stepped<ShownPut> {
  return andThen(inputOf(SHAPE, request), (input) => putOf(input, templates))
}

function putOf(input: Read<typeof SHAPE>, templates: Templates): ShownPut {
  checkMixing(input, KINDS)
  const item = sound(input.Item)
  const returnValues = oldOrNone(input.ReturnValues)
  checkConditionalOperator(input.ConditionalOperator, input.Expected)
  const expressions = new RequestExpressions(templates, input)
  const condition = writeCondition(input, expressions)
  expressions.finish()
  const check = refuseOpenedKeys(expressions.openedAttributes)
  return {
    ...{ table: input.TableName, item, returnValues, shown: writeShown(input) },
    ...(condition && { condition }),
    ...(check && { check }),
  }
}

/** @throws MagnetoDBError for what only UpdateItem returns */
export function oldOrNone(returnValues = 'NONE'): 'ALL_OLD' | 'NONE' {
  if (returnValues === 'ALL_OLD' || returnValues === 'NONE') return returnValues
  throw validationError('ReturnValues can only be ALL_OLD or NONE')
}
