import type { Condition } from '../../../expression/condition.ts'
import type { Path } from '../../../expression/path.ts'
import type { Select } from '../../../operations/items/query.ts'
import { validationError } from '../../invalid-request.ts'
import { attributes } from '../attribute/attributes.ts'
import { attributesToGet } from '../legacy/attributes-to-get.ts'
import { INVALID_PARAMETERS } from '../refusal.ts'
import { flag, text } from '../shapes/scalars.ts'
import type { Read } from '../shapes/shape.ts'
import {
  type CapacityDetail,
  conditionalOperator,
  expression,
  expressionAttributeNames,
  expressionAttributeValues,
  newName,
  returnConsumedCapacity,
  tableName,
} from './parameters.ts'

/** Parameters of Query and Scan. */
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

/** @throws MagnetoDBError if `Select` contradicts the parameters that name attributes */
export function checkSelect({
  Select: select,
  IndexName,
  AttributesToGet,
  ProjectionExpression,
}: SelectInput): void {
  if (select === 'ALL_PROJECTED_ATTRIBUTES' && IndexName === undefined) {
    throw validationError(
      `${INVALID_PARAMETERS}ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an ` +
        'IndexName',
    )
  }
  const isListed = AttributesToGet !== undefined || ProjectionExpression !== undefined
  if (select === 'SPECIFIC_ATTRIBUTES' && !isListed) {
    throw validationError(
      `${INVALID_PARAMETERS}Must specify the AttributesToGet or ProjectionExpression when ` +
        'choosing to get SPECIFIC_ATTRIBUTES',
    )
  }
  if (!isListed || select === undefined || select === 'SPECIFIC_ATTRIBUTES') return
  const parameter = AttributesToGet === undefined ? 'ProjectionExpression' : 'AttributesToGet'
  throw validationError(
    `${INVALID_PARAMETERS}Cannot specify the ${parameter} when choosing to get ${EXCLUDED[select]}`,
  )
}

type ReadInput = {
  readonly [K in keyof typeof READ_PARAMETERS]?: Read<(typeof READ_PARAMETERS)[K]> | undefined
} & { readonly TableName: string; readonly Limit?: number | undefined }

/** The common part of the commands of Query and Scan. */
export function readCommand(
  input: ReadInput,
  filter: Condition | undefined,
  paths: readonly Path[] | undefined,
) {
  const { IndexName: index, ExclusiveStartKey: start, Limit: limit } = input
  const capacity: CapacityDetail = input.ReturnConsumedCapacity ?? 'NONE'
  return {
    ...{ table: input.TableName, select: selectOf(input, paths), capacity },
    consistentRead: input.ConsistentRead ?? false,
    ...(index !== undefined && { index }),
    ...(filter && { filter }),
    ...(paths && { paths }),
    ...(limit !== undefined && { limit }),
    ...(start && { exclusiveStartKey: start.item }),
  }
}

function selectOf(
  { Select: select, IndexName }: SelectInput,
  paths: readonly Path[] | undefined,
): Select {
  if (select !== undefined) return select
  if (paths !== undefined) return 'SPECIFIC_ATTRIBUTES'
  return IndexName === undefined ? 'ALL_ATTRIBUTES' : 'ALL_PROJECTED_ATTRIBUTES'
}
