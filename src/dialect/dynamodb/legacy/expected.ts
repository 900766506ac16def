import { type Condition, comparison } from '../../../expression/condition.ts'
import { pathOf } from '../../../expression/path.ts'
import { validationError } from '../../invalid-request.ts'
import { attributeValue } from '../attribute/attributes.ts'
import { INVALID_PARAMETERS } from '../refusal.ts'
import { list, mapOf } from '../shapes/collections.ts'
import { flag } from '../shapes/scalars.ts'
import { type Read, structure } from '../shapes/shape.ts'
import { comparisonOperator, joined, refuseTooMany } from './conditions.ts'
import { checkOperands, type LegacyOperator, legacyCondition } from './operators.ts'

const expectation = structure({
  AttributeValueList: list(attributeValue),
  ComparisonOperator: comparisonOperator,
  Exists: flag,
  Value: attributeValue,
})
export const expected = mapOf(expectation)

type Expectation = Read<typeof expectation>

/** Undefined without expectations. @throws MagnetoDBError */
export function decodeExpected(
  expectations: Read<typeof expected> | undefined,
  operator: 'AND' | 'OR' | undefined,
): Condition | undefined {
  refuseTooMany(expectations)
  const conditions = Array.from(expectations ?? [], ([attribute, each]) =>
    conditionOf(attribute, each),
  )
  return joined(conditions, operator)
}

function conditionOf(attribute: string, each: Expectation): Condition {
  const { AttributeValueList, ComparisonOperator, Value } = each
  if (AttributeValueList && Value) {
    throw invalid(
      `Value and AttributeValueList cannot be used together for Attribute: ${attribute}`,
    )
  }
  if (ComparisonOperator) return compared(attribute, each, ComparisonOperator)
  if (AttributeValueList) {
    throw invalid(
      `AttributeValueList can only be used with a ComparisonOperator for Attribute: ${attribute}`,
    )
  }
  return presence(attribute, each)
}

function compared(
  attribute: string,
  { AttributeValueList, Exists, Value }: Expectation,
  operator: LegacyOperator,
): Condition {
  if (Exists !== undefined) {
    throw invalid(
      `Exists and ComparisonOperator cannot be used together for Attribute: ${attribute}`,
    )
  }
  const isAboutPresence = operator === 'NULL' || operator === 'NOT_NULL'
  if (!isAboutPresence && !AttributeValueList && !Value) {
    throw invalid(
      `Value or AttributeValueList must be used with ComparisonOperator: ${operator} ` +
        `for Attribute: ${attribute}`,
    )
  }
  const decoded = AttributeValueList ?? (Value ? [Value] : [])
  for (const { faults } of decoded) faults.refuse()
  const operands = decoded.map(({ value }) => value)
  checkOperands(operator, operands)
  return legacyCondition(attribute, operator, operands)
}

function presence(attribute: string, { Exists, Value }: Expectation): Condition {
  if (Exists === false) {
    if (!Value) return { op: 'attribute_not_exists', path: pathOf(attribute) }
    throw invalid(`Value cannot be used when Exists is false for Attribute: ${attribute}`)
  }
  if (!Value) {
    throw invalid(
      `Value must be provided when Exists is ${Exists ?? 'null'} for Attribute: ${attribute}`,
    )
  }
  Value.faults.refuse()
  return comparison(attribute, 'eq', Value.value)
}

function invalid(message: string) {
  return validationError(INVALID_PARAMETERS + message)
}
