import type { Condition, KeyCondition, Operand } from '../../../expression/condition.ts'
import type { AttributeValue } from '../../../model/attribute-value.ts'
import { validationError } from '../../invalid-request.ts'
import { COMPARISONS } from './condition.ts'
import type { Node } from './nodes.ts'

/** The operator for exchanged operands. */
const MIRRORED = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const
type KeyInfix = keyof typeof MIRRORED

/** The key conditions by attribute, from an expression that was parsed and bound as a condition. */
export function keyConditionsIn(node: Node, bound: Condition): ReadonlyMap<string, KeyCondition> {
  const found = new Map<string, KeyCondition>()
  addConditions(node, bound, found)
  return found
}

/** The number of operators bounds the depth. */
function addConditions(node: Node, bound: Condition, found: Map<string, KeyCondition>): void {
  if (bound.op === 'and' && node.is === 'and') {
    for (const [i, each] of node.operands.entries()) {
      addConditions(each, bound.conditions[i] as Condition, found)
    }
    return
  }
  const [attribute, condition] = keyCondition(node, bound)
  if (found.has(attribute)) {
    throw validationError('KeyConditionExpressions must only contain one condition per key')
  }
  found.set(attribute, condition)
}

function keyCondition(node: Node, bound: Condition): readonly [string, KeyCondition] {
  switch (bound.op) {
    case 'or':
    case 'not':
    case 'in':
      throw invalidOperator(bound.op.toUpperCase())
    case 'between': {
      const { operand, low, high } = bound
      const attribute = keyAttribute(node, [operand, low, high], 'BETWEEN')
      return [attribute, { op: 'between', low: literal(low), high: literal(high) }]
    }
    case 'begins_with': {
      const attribute = keyAttribute(node, [bound.left, bound.right], 'begins_with')
      return [attribute, { op: 'begins_with', value: literal(bound.right) }]
    }
    default: {
      if (node.is === 'call') throw invalidOperator(node.name)
      if (node.is !== 'infix' || !('left' in bound)) throw new Error(`${bound.op} is no comparison`)
      return comparison(node, bound)
    }
  }
}

function comparison(
  node: Extract<Node, { is: 'infix' }>,
  { left, right }: Extract<Condition, { left: Operand }>,
): readonly [string, KeyCondition] {
  const { operator } = node
  if (operator === '<>') throw invalidOperator(operator)
  const isMirrored = node.operands[0].is === 'value'
  const [first, second] = isMirrored ? [right, left] : [left, right]
  const infix = operator as KeyInfix
  const op = COMPARISONS[isMirrored ? MIRRORED[infix] : infix]
  return [keyAttribute(node, [first, second]), { op, value: literal(second) }]
}

/** The attribute of the first operand. The others must be values. */
function keyAttribute(
  node: Node,
  [first, ...others]: readonly [Operand, ...Operand[]],
  operator?: string,
): string {
  // The size of a value is bound as a value.
  if ('operands' in node && node.operands.some(({ is }) => is === 'call')) {
    throw validationError('KeyConditionExpressions cannot contain nested operations')
  }
  if (first.is !== 'path') {
    throw invalidCondition(
      operator === undefined
        ? 'No key attribute specified'
        : `${operator} operator must have the key attribute as its first operand`,
    )
  }
  if (others.some(({ is }) => is === 'path')) {
    throw invalidCondition('Multiple attribute names used in one condition')
  }
  if (first.path.steps.length > 0) {
    throw validationError('KeyConditionExpressions cannot have conditions on nested attributes')
  }
  return first.path.attribute
}

function literal(operand: Operand): AttributeValue {
  if (operand.is === 'value') return operand.value
  throw new Error('an operand of a key condition is no value')
}

function invalidOperator(operator: string) {
  return validationError(`Invalid operator used in KeyConditionExpression: ${operator}`)
}

function invalidCondition(message: string) {
  return validationError(`Invalid condition in KeyConditionExpression: ${message}`)
}
