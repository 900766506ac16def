import type { Condition } from '../../../expression/condition.ts'
import { validationError } from '../../invalid-request.ts'
import { RequestExpressions } from '../expression/request-expressions.ts'
import type { Templates } from '../expression/templates.ts'
import { checkConditionalOperator } from '../legacy/conditional-operator.ts'
import { decodeExpected, expected } from '../legacy/expected.ts'
import { text } from '../shapes/scalars.ts'
import type { Read } from '../shapes/shape.ts'
import {
  type CapacityDetail,
  conditionalOperator,
  expression,
  expressionAttributeNames,
  expressionAttributeValues,
  returnConsumedCapacity,
  returnItemCollectionMetrics,
  returnValuesOnConditionCheckFailure,
} from './parameters.ts'
import { refuseOpenedKeys } from './table-checks.ts'

export type ReturnValues = 'ALL_NEW' | 'UPDATED_OLD' | 'ALL_OLD' | 'NONE' | 'UPDATED_NEW'

export const returnValues = text<ReturnValues>({
  values: ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'],
})

/** Parameters of PutItem, UpdateItem and DeleteItem, in the order of their checks. */
export const WRITE_PARAMETERS = {
  ReturnConsumedCapacity: returnConsumedCapacity,
  ReturnItemCollectionMetrics: returnItemCollectionMetrics,
  ReturnValues: returnValues,
  ReturnValuesOnConditionCheckFailure: returnValuesOnConditionCheckFailure,
  ConditionalOperator: conditionalOperator,
  Expected: expected,
  ConditionExpression: expression,
  ExpressionAttributeNames: expressionAttributeNames,
  ExpressionAttributeValues: expressionAttributeValues,
}

/** The parameters of PutItem and DeleteItem that exclude each other. */
export const CONDITION_KINDS = {
  expressions: ['ConditionExpression'],
  legacy: ['Expected', 'ConditionalOperator'],
} as const

/** What the answer to a write shows besides attributes. */
export interface WriteShown {
  readonly capacity: CapacityDetail
  readonly metrics: boolean
  /** Whether a failed condition shows the item. */
  readonly oldOnFailure: boolean
}

type WriteInput = {
  readonly [K in keyof typeof WRITE_PARAMETERS]?: Read<(typeof WRITE_PARAMETERS)[K]> | undefined
}

export function writeShown(input: WriteInput): WriteShown {
  return {
    capacity: input.ReturnConsumedCapacity ?? 'NONE',
    metrics: input.ReturnItemCollectionMetrics === 'SIZE',
    oldOnFailure: input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
  }
}

/** The condition of either form. @throws MagnetoDBError */
export function writeCondition(
  input: WriteInput,
  expressions: RequestExpressions,
): Condition | undefined {
  const legacy = decodeExpected(input.Expected, input.ConditionalOperator)
  checkConditionalOperator(input.ConditionalOperator, input.Expected)
  return expressions.condition('ConditionExpression', input.ConditionExpression) ?? legacy
}

/** The part of PutItem and DeleteItem besides the item or key. @throws MagnetoDBError */
export function conditionalWrite(input: WriteInput, templates: Templates) {
  const returnValues = oldOrNone(input.ReturnValues)
  const expressions = new RequestExpressions(templates, input)
  const condition = writeCondition(input, expressions)
  expressions.finish()
  const check = refuseOpenedKeys(expressions.openedAttributes)
  return {
    ...{ returnValues, shown: writeShown(input) },
    ...(condition && { condition }),
    ...(check && { check }),
  }
}

function oldOrNone(returnValues: ReturnValues = 'NONE'): 'ALL_OLD' | 'NONE' {
  if (returnValues === 'ALL_OLD' || returnValues === 'NONE') return returnValues
  throw validationError('ReturnValues can only be ALL_OLD or NONE')
}
