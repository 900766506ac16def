import type { KeyCondition } from '../../../expression/condition.ts'
import type { AttributeValue } from '../../../model/attribute-value.ts'
import { validationError } from '../../invalid-request.ts'
import { COMPARISONS } from './condition.ts'
import type { Node } from './nodes.ts'
import { boundPath } from './paths.ts'
import type { Placeholders } from './placeholders.ts'

const KIND = 'KeyConditionExpression'

/** The operator for exchanged operands. */
const MIRRORED = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const
type KeyInfix = keyof typeof MIRRORED

/** The key conditions by attribute, from an expression parsed as a condition. */
export function boundKeyConditions(
  node: Node,
  placeholders: Placeholders,
): ReadonlyMap<string, KeyCondition> {
  const found = new Map<string, KeyCondition>()
  addConditions(node, placeholders, found)
  return found
}

/** The number of operators bounds the depth. */
function addConditions(
  node: Node,
  placeholders: Placeholders,
  found: Map<string, KeyCondition>,
): void {
  if (node.is === 'and') {
    for (const each of node.operands) addConditions(each, placeholders, found)
    return
  }
  const [attribute, condition] = keyCondition(node, placeholders)
  if (found.has(attribute)) {
    throw validationError('KeyConditionExpressions must only contain one condition per key')
  }
  found.set(attribute, condition)
}

function keyCondition(node: Node, placeholders: Placeholders): readonly [string, KeyCondition] {
  switch (node.is) {
    case 'or':
    case 'not':
    case 'in':
      throw invalidOperator(node.is.toUpperCase())
    case 'between': {
      const attribute = keyAttribute(node.operands, placeholders, 'BETWEEN')
      const [, low, high] = node.operands.map((each) => literal(each, placeholders))
      return [
        attribute,
        { op: 'between', low: low as AttributeValue, high: high as AttributeValue },
      ]
    }
    case 'infix':
      return comparison(node.operator, node.operands, placeholders)
    case 'call': {
      if (node.name !== 'begins_with') throw invalidOperator(node.name)
      const attribute = keyAttribute(node.operands, placeholders, node.name)
      const value = literal(node.operands[1] as Node, placeholders)
      return [attribute, { op: 'begins_with', value: value as AttributeValue }]
    }
    default:
      throw new Error(`a ${node.is} is no condition`)
  }
}

function comparison(
  operator: string,
  [left, right]: readonly [Node, Node],
  placeholders: Placeholders,
): readonly [string, KeyCondition] {
  if (operator === '<>') throw invalidOperator(operator)
  const isMirrored = left.is === 'value'
  const operands = isMirrored ? [right, left] : [left, right]
  const attribute = keyAttribute(operands, placeholders)
  const infix = operator as KeyInfix
  const op = COMPARISONS[isMirrored ? MIRRORED[infix] : infix]
  return [attribute, { op, value: literal(operands[1] as Node, placeholders) as AttributeValue }]
}

/** The attribute of the first operand. The others must be values. */
function keyAttribute(
  operands: readonly Node[],
  placeholders: Placeholders,
  operator?: string,
): string {
  if (operands.some(({ is }) => is === 'call')) {
    throw validationError('KeyConditionExpressions cannot contain nested operations')
  }
  const [first, ...others] = operands
  if (first?.is !== 'path') {
    throw invalidCondition(
      operator === undefined
        ? 'No key attribute specified'
        : `${operator} operator must have the key attribute as its first operand`,
    )
  }
  if (others.some(({ is }) => is === 'path')) {
    throw invalidCondition('Multiple attribute names used in one condition')
  }
  const { attribute, steps } = boundPath(first, KIND, placeholders)
  if (steps.length > 0) {
    throw validationError('KeyConditionExpressions cannot have conditions on nested attributes')
  }
  return attribute
}

/** The value of a value node; undefined for others. */
function literal(node: Node, placeholders: Placeholders): AttributeValue | undefined {
  return node.is === 'value' ? placeholders.value(KIND, node.placeholder) : undefined
}

function invalidOperator(operator: string) {
  return validationError(`Invalid operator used in KeyConditionExpression: ${operator}`)
}

function invalidCondition(message: string) {
  return validationError(`Invalid condition in KeyConditionExpression: ${message}`)
}
