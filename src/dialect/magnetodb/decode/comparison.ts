import { type AttributeValue, isScalar } from '../../../model/attribute-value.ts'
import { mapInSteps, type Steps } from '../../../model/steps.ts'
import { validationError } from '../../invalid-request.ts'
import type { JsonObject } from '../../json-object.ts'
import { decodeValue } from '../attribute-codec.ts'
import { requireAttributeName } from '../names.ts'
import {
  isFalsy,
  refuseUnexpected,
  requireObject,
  requireObjects,
  requireString,
} from '../properties.ts'
import { shortened } from '../shortened.ts'

/** Number and kind of an operator's operands. */
export interface OperatorRule {
  readonly operandsMin: number
  readonly operandsMax: number
  readonly scalarsOnly: boolean
}

/** The operators allowed in one parameter, and the name of its conditions in messages. */
export interface OperatorRules {
  readonly className: string
  readonly operators: ReadonlyMap<string, OperatorRule>
}

/** `attribute operator operands`, with as many operands as the operator requires. */
export interface Comparison {
  readonly attribute: string
  readonly operator: string
  readonly operands: readonly AttributeValue[]
}

const ONE_SCALAR = { operandsMin: 1, operandsMax: 1, scalarsOnly: true } as const

/** The operators allowed both in key conditions and in filters. */
export const KEY_OPERATORS: readonly (readonly [string, OperatorRule])[] = [
  ['EQ', ONE_SCALAR],
  ['LT', ONE_SCALAR],
  ['LE', ONE_SCALAR],
  ['GT', ONE_SCALAR],
  ['GE', ONE_SCALAR],
  ['BEGINS_WITH', ONE_SCALAR],
  ['BETWEEN', { operandsMin: 2, operandsMax: 2, scalarsOnly: true }],
]

const PROPERTIES = new Set(['comparison_operator', 'attribute_value_list'])

export function decodeComparisons(
  conditions: JsonObject,
  rules: OperatorRules,
): Steps<Comparison[]> {
  return mapInSteps(Object.keys(conditions), function* (attribute) {
    requireAttributeName(attribute)
    const condition = requireObject(conditions[attribute], attribute)
    const operands = yield* decodeOperands(condition.attribute_value_list)
    const operator = requireString(condition.comparison_operator, 'comparison_operator')
    checkOperands(operator, operands, rules)
    refuseUnexpected(condition, PROPERTIES, attribute)
    return { attribute, operator, operands }
  })
}

function* decodeOperands(json: unknown): Steps<readonly AttributeValue[]> {
  if (isFalsy(json)) return []
  return yield* mapInSteps(requireObjects(json, 'attribute_value_list'), decodeValue)
}

function checkOperands(
  operator: string,
  operands: readonly AttributeValue[],
  { className, operators }: OperatorRules,
): void {
  const subject = `${className} of type['${shortened(operator)}']`
  const rule = operators.get(operator)
  if (!rule) throw validationError(`${subject} is not allowed`)
  if (operator === 'BETWEEN') checkBounds(operands)
  else checkCount(subject, rule, operands.length)
  if (rule.scalarsOnly && !operands.every(isScalar)) {
    throw validationError(`${subject} allows only primitive arguments`)
  }
  if (operator === 'BEGINS_WITH' && operands[0]?.type === 'N') {
    throw validationError('BEGINS_WITH condition type is not allowed forargument of the N type')
  }
}

function checkBounds(operands: readonly AttributeValue[]): void {
  if (operands.length !== 2) {
    throw validationError(
      `BETWEEN condition type requires exactly 2 arguments, but ${operands.length} given`,
    )
  }
  if (operands[0]?.type !== operands[1]?.type) {
    throw validationError(
      'BETWEEN condition type requires arguments of the same type, but different types given',
    )
  }
}

function checkCount(subject: string, rule: OperatorRule, found: number): void {
  const { operandsMin, operandsMax } = rule
  if (found >= operandsMin && found <= operandsMax) return
  const wanted =
    operandsMin === operandsMax
      ? `exactly ${operandsMin} arguments`
      : `from ${operandsMin} to ${operandsMax} arguments provided`
  throw validationError(`${subject} requires ${wanted}, but ${found} found`)
}
