import type { Path } from '../../../expression/path.ts'
import type { Select } from '../../../operations/items/query.ts'
import { validationError } from '../../invalid-request.ts'
import { attributes } from '../attribute/attributes.ts'
import { attributesToGet } from '../legacy/attributes-to-get.ts'
import { flag, text } from '../shapes/scalars.ts'
import {
  conditionalOperator,
  expression,
  expressionAttributeNames,
  expressionAttributeValues,
  newName,
  returnConsumedCapacity,
  tableName,
} from './parameters.ts'

/** What Query and Scan have in common. */
export const READ_PARAMETERS = {
  Select: text<Select>({
    values: ['SPECIFIC_ATTRIBUTES', 'COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES'],
  }),
  IndexName: newName,
  ReturnConsumedCapacity: returnConsumedCapacity,
  TableName: tableName,
  ConditionalOperator: conditionalOperator,
  AttributesToGet: attributesToGet,
  ExclusiveStartKey: attributes,
  ConsistentRead: flag,
  FilterExpression: expression,
  ProjectionExpression: expression,
  ExpressionAttributeNames: expressionAttributeNames,
  ExpressionAttributeValues: expressionAttributeValues,
}

interface SelectInput {
  readonly Select?: Select | undefined
  readonly IndexName?: string | undefined
  readonly AttributesToGet?: readonly string[] | undefined
  readonly ProjectionExpression?: string | undefined
}

const EXCLUDED: Readonly<Record<Exclude<Select, 'SPECIFIC_ATTRIBUTES'>, string>> = {
  ALL_ATTRIBUTES: 'ALL_ATTRIBUTES',
  ALL_PROJECTED_ATTRIBUTES: 'ALL_PROJECTED_ATTRIBUTES',
  COUNT: 'only the Count',
}

/** @throws MagnetoDBError where `Select` and what names attributes contradict each other */
export function checkSelect({
  Select: select,
  IndexName,
  AttributesToGet,
  ProjectionExpression,
}: SelectInput): void {
  if (select === 'ALL_PROJECTED_ATTRIBUTES' && IndexName === undefined) {
    throw validationError(
      'One or more parameter values were invalid: ALL_PROJECTED_ATTRIBUTES can be used only when ' +
        'Querying using an IndexName',
    )
  }
  const isListed = AttributesToGet !== undefined || ProjectionExpression !== undefined
  if (select === 'SPECIFIC_ATTRIBUTES' && !isListed) {
    throw validationError(
      'One or more parameter values were invalid: Must specify the AttributesToGet or ' +
        'ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    )
  }
  if (!isListed || select === undefined || select === 'SPECIFIC_ATTRIBUTES') return
  const parameter = AttributesToGet === undefined ? 'ProjectionExpression' : 'AttributesToGet'
  throw validationError(
    `One or more parameter values were invalid: Cannot specify the ${parameter} when choosing to ` +
      `get ${EXCLUDED[select]}`,
  )
}

export function selectOf(
  { Select: select, IndexName }: SelectInput,
  paths: readonly Path[] | undefined,
): Select {
  if (select !== undefined) return select
  if (paths !== undefined) return 'SPECIFIC_ATTRIBUTES'
  return IndexName === undefined ? 'ALL_ATTRIBUTES' : 'ALL_PROJECTED_ATTRIBUTES'
}
