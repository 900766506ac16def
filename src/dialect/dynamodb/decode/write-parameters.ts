import type { Condition } from '../../../expression/condition.ts'
import type { RequestExpressions } from '../expression/request-expressions.ts'
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

export type ReturnValues = 'ALL_NEW' | 'UPDATED_OLD' | 'ALL_OLD' | 'NONE' | 'UPDATED_NEW'

export const returnValues = text<ReturnValues>({
  values: ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'],
})

/** What PutItem, UpdateItem and DeleteItem have in common, in the order in which it is checked. */
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

/** What the answer to a write shows beside attributes. */
export interface WriteShown {
  readonly capacity: CapacityDetail
  readonly metrics: boolean
  /** The item that a condition was not met by. */
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

/** From whichever parameter has it. @throws MagnetoDBError */
export function writeCondition(
  input: WriteInput,
  expressions: RequestExpressions,
): Condition | undefined {
  const legacy = decodeExpected(input.Expected, input.ConditionalOperator)
  return expressions.condition('ConditionExpression', input.ConditionExpression) ?? legacy
}
