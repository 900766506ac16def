import type { KeyCondition } from '../../../expression/condition.ts'
import { andThen, type Stepped } from '../../../model/steps.ts'
import type { Query } from '../../../operations/items/query.ts'
import type { TableCheck } from '../../../operations/operation.ts'
import { validationError } from '../../invalid-request.ts'
import type { WireRequest } from '../../wire.ts'
import { RequestExpressions } from '../expression/request-expressions.ts'
import type { Templates } from '../expression/templates.ts'
import { decodeAttributesToGet } from '../legacy/attributes-to-get.ts'
import { checkConditionalOperator } from '../legacy/conditional-operator.ts'
import { decodeFilter, decodeKeyConditions, legacyConditions } from '../legacy/conditions.ts'
import { checkMixing } from '../legacy/mixed-parameters.ts'
import { flag, integer } from '../shapes/scalars.ts'
import { type Read, structure } from '../shapes/shape.ts'
import { type CapacityDetail, expression, inputOf } from './parameters.ts'
import {
  checkIndex,
  checkKeyConditions,
  refuseKeyFilter,
  refuseUnprojected,
} from './query-checks.ts'
import { checkSelect, READ_PARAMETERS, readCommand } from './read-parameters.ts'
import { checkStartKey, checkStartWithin } from './start-key.ts'
import { allChecks, refuseOpenedKeys } from './table-checks.ts'

const SHAPE = structure({
  ...READ_PARAMETERS,
  QueryFilter: legacyConditions,
  Limit: integer({ min: 1, plainName: 'Limit' }),
  KeyConditions: legacyConditions,
  ScanIndexForward: flag,
  KeyConditionExpression: expression,
})
const KINDS = {
  expressions: ['ProjectionExpression', 'FilterExpression', 'KeyConditionExpression'],
  legacy: ['AttributesToGet', 'QueryFilter', 'ConditionalOperator', 'KeyConditions'],
} as const

type Input = Read<typeof SHAPE>

export type ShownQuery = Query & { readonly capacity: CapacityDetail }

export function decodeQuery(request: WireRequest, templates: Templates): Stepped<ShownQuery> {
  return andThen(inputOf(SHAPE, request), (input) => queryOf(input, templates))
}

function queryOf(input: Input, templates: Templates): ShownQuery {
  checkMixing(input, KINDS)
  const { IndexName: index, ExclusiveStartKey: start } = input
  const legacyPaths = decodeAttributesToGet(input.AttributesToGet)
  const expressions = new RequestExpressions(templates, input)
  const asked = expressions.condition('FilterExpression', input.FilterExpression)
  const paths = expressions.projection(input.ProjectionExpression) ?? legacyPaths
  const keyConditions = keyConditionsOf(input, expressions)
  const filter = asked ?? decodeFilter(input.QueryFilter, input.ConditionalOperator)
  checkConditionalOperator(input.ConditionalOperator, input.QueryFilter)
  start?.faults.refuse('The provided starting key is invalid: ')
  checkSelect(input)
  const checks = [
    checkIndex(index),
    refuseOpenedKeys(expressions.openedAttributes),
    checkKeyConditions(keyConditions, index),
    start && checkStartKey(start.item, index),
    start && checkStartWithin(start.item, keyConditions),
    refuseKeyFilter(expressions.filteredAttributes, index, 'Filter Expression'),
    refuseKeyFilter(new Set(input.QueryFilter?.keys()), index, 'QueryFilter'),
    refuseUnprojected(expressions.filteredAttributes, index),
    refuseUnprojected(new Set(input.QueryFilter?.keys()), index),
  ]
  return {
    ...readCommand(input, filter, paths),
    ...{ keyConditions, forward: input.ScanIndexForward ?? true },
    check: allChecks(...checks) as TableCheck,
  }
}

function keyConditionsOf(
  { KeyConditions, KeyConditionExpression }: Input,
  expressions: RequestExpressions,
): ReadonlyMap<string, KeyCondition> {
  if (KeyConditionExpression !== undefined) return expressions.keyConditions(KeyConditionExpression)
  expressions.finish()
  if (KeyConditions === undefined) {
    throw validationError(
      'Either the KeyConditions or KeyConditionExpression parameter must be specified in the ' +
        'request.',
    )
  }
  const conditions = decodeKeyConditions(KeyConditions)
  if (conditions.size === 1 || conditions.size === 2) return conditions
  throw validationError('Conditions can be of length 1 or 2 only')
}
