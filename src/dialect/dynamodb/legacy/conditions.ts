import type { Condition, KeyCondition } from '../../../expression/condition.ts'
import { CONDITIONS_MAX } from '../../../model/limits.ts'
import { validationError } from '../../invalid-request.ts'
import { attributeValue, type Decoded } from '../attribute/attributes.ts'
import { INVALID_PARAMETERS } from '../refusal.ts'
import { list, mapOf } from '../shapes/collections.ts'
import { text } from '../shapes/scalars.ts'
import { mandatory, type Read, structure } from '../shapes/shape.ts'
import {
  checkOperands,
  LEGACY_OPERATORS,
  type LegacyOperator,
  legacyCondition,
  legacyKeyCondition,
} from './operators.ts'

export const comparisonOperator = text<LegacyOperator>({ values: LEGACY_OPERATORS })

/** `KeyConditions`, `QueryFilter` and `ScanFilter`. */
export const legacyConditions = mapOf(
  structure({
    AttributeValueList: list(attributeValue),
    ComparisonOperator: mandatory(comparisonOperator),
  }),
)
type LegacyConditions = Read<typeof legacyConditions>

/** Undefined without conditions. @throws MagnetoDBError */
export function decodeFilter(
  filter: LegacyConditions | undefined,
  operator: 'AND' | 'OR' | undefined,
): Condition | undefined {
  refuseTooMany(filter)
  const conditions = Array.from(filter ?? [], ([attribute, each]) => {
    const operands = operandsOf(each)
    return legacyCondition(attribute, each.ComparisonOperator, operands)
  })
  return joined(conditions, operator)
}

/** @throws MagnetoDBError */
export function decodeKeyConditions(
  conditions: LegacyConditions,
): ReadonlyMap<string, KeyCondition> {
  return new Map(
    Array.from(conditions, ([attribute, each]) => {
      const condition = legacyKeyCondition(each.ComparisonOperator, operandsOf(each))
      if (condition) return [attribute, condition]
      throw validationError('Attempted conditional constraint is not an indexable operation')
    }),
  )
}

/** Limits the work per item. @throws MagnetoDBError */
export function refuseTooMany(conditions: ReadonlyMap<string, unknown> | undefined): void {
  if (!conditions || conditions.size <= CONDITIONS_MAX) return
  throw validationError(
    `${INVALID_PARAMETERS}A request may hold no more than ${CONDITIONS_MAX} conditions`,
  )
}

function operandsOf({
  ComparisonOperator,
  AttributeValueList = [],
}: {
  readonly ComparisonOperator: LegacyOperator
  readonly AttributeValueList?: readonly Decoded[] | undefined
}) {
  for (const { faults } of AttributeValueList) faults.refuse()
  const operands = AttributeValueList.map(({ value }) => value)
  checkOperands(ComparisonOperator, operands)
  return operands
}

export function joined(
  conditions: readonly Condition[],
  operator: 'AND' | 'OR' = 'AND',
): Condition | undefined {
  if (conditions.length < 2) return conditions[0]
  return { op: operator === 'AND' ? 'and' : 'or', conditions }
}
