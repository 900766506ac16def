import { TOTAL_SEGMENTS_MAX } from '../../../model/limits.ts'
import { andThen, type Stepped } from '../../../model/steps.ts'
import type { Scan } from '../../../operations/items/scan.ts'
import { validationError } from '../../invalid-request.ts'
import type { WireRequest } from '../../wire.ts'
import { RequestExpressions } from '../expression/request-expressions.ts'
import type { Templates } from '../expression/templates.ts'
import { decodeAttributesToGet } from '../legacy/attributes-to-get.ts'
import { checkConditionalOperator } from '../legacy/conditional-operator.ts'
import { decodeFilter, legacyConditions } from '../legacy/conditions.ts'
import { checkMixing } from '../legacy/mixed-parameters.ts'
import { integer } from '../shapes/scalars.ts'
import { type Read, structure } from '../shapes/shape.ts'
import { type CapacityDetail, inputOf } from './parameters.ts'
import { checkIndex } from './query-checks.ts'
import { checkSelect, READ_PARAMETERS, readCommand } from './read-parameters.ts'
import { checkStartKey } from './start-key.ts'
import { allChecks, refuseOpenedKeys } from './table-checks.ts'

const SHAPE = structure({
  ...READ_PARAMETERS,
  TotalSegments: integer({ min: 1, max: TOTAL_SEGMENTS_MAX }),
  ScanFilter: legacyConditions,
  Segment: integer({ min: 0, max: TOTAL_SEGMENTS_MAX - 1 }),
  Limit: integer({ min: 1 }),
})
const KINDS = {
  expressions: ['ProjectionExpression', 'FilterExpression'],
  legacy: ['AttributesToGet', 'ScanFilter', 'ConditionalOperator'],
} as const

type Input = Read<typeof SHAPE>

export type ShownScan = Scan & { readonly capacity: CapacityDetail }

export function decodeScan(request: WireRequest, templates: Templates): Stepped<ShownScan> {
  return andThen(inputOf(SHAPE, request), (input) => scanOf(input, templates))
}

function scanOf(input: Input, templates: Templates): ShownScan {
  checkMixing(input, KINDS)
  const { IndexName: index, ExclusiveStartKey: start } = input
  const legacyPaths = decodeAttributesToGet(input.AttributesToGet)
  const legacyFilter = decodeFilter(input.ScanFilter, input.ConditionalOperator)
  checkConditionalOperator(input.ConditionalOperator, input.ScanFilter)
  const expressions = new RequestExpressions(templates, input)
  const filter = expressions.condition('FilterExpression', input.FilterExpression) ?? legacyFilter
  const paths = expressions.projection(input.ProjectionExpression) ?? legacyPaths
  expressions.finish()
  start?.faults.refuse('The provided starting key is invalid: ')
  checkSelect(input)
  const segments = segmentsOf(input)
  const check = allChecks(
    checkIndex(index),
    refuseOpenedKeys(expressions.openedAttributes),
    start && checkStartKey(start.item, index),
  )
  return {
    ...readCommand(input, filter, paths),
    ...segments,
    ...(check && { check }),
  }
}

function segmentsOf({ Segment, TotalSegments }: Input) {
  if (Segment === undefined && TotalSegments === undefined) return { segment: 0, totalSegments: 1 }
  if (TotalSegments === undefined) {
    throw validationError(
      'The TotalSegments parameter is required but was not present in the request when Segment ' +
        'parameter is present',
    )
  }
  if (Segment === undefined) {
    throw validationError(
      'The Segment parameter is required but was not present in the request when parameter ' +
        'TotalSegments is present',
    )
  }
  if (Segment >= TotalSegments) {
    throw validationError(
      'The Segment parameter is zero-based and must be less than parameter TotalSegments: ' +
        `Segment: ${Segment} is not less than TotalSegments: ${TotalSegments}`,
    )
  }
  return { segment: Segment, totalSegments: TotalSegments }
}
