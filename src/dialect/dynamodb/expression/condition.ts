import type { Condition, Operand } from '../../../expression/condition.ts'
import { DOCUMENT_MAP_TYPES } from '../attribute/document-types.ts'
import {
  type BoundOperand,
  checkBounds,
  checkComparison,
  checkFunction,
  checkList,
  operandsIn,
} from './checks.ts'
import { type CallNode, CONDITION_FUNCTIONS, type Node, UPDATE_FUNCTIONS } from './nodes.ts'
import { bindOperand } from './operands.ts'
import { COMPARISON_BINDS, type Grammar } from './operators.ts'
import type { Placeholders } from './placeholders.ts'
import type { ExpressionKind } from './reader.ts'

export const COMPARISONS = {
  '=': 'eq',
  '<>': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
} as const
type Infix = keyof typeof COMPARISONS

export const CONDITION_GRAMMAR: Grammar = {
  infix: new Map(Object.keys(COMPARISONS).map((operator) => [operator, COMPARISON_BINDS])),
  isCondition: true,
  functions: new Set([...CONDITION_FUNCTIONS, 'size']),
  whole: CONDITION_FUNCTIONS,
  foreign: UPDATE_FUNCTIONS,
}

/** Binds names and values. EXPRESSION_OPERATORS_MAX bounds the depth. */
export function boundCondition(
  node: Node,
  kind: ExpressionKind,
  placeholders: Placeholders,
): Condition {
  const bind = (operand: Node) => bindOperand(operand, kind, placeholders)
  switch (node.is) {
    case 'and':
    case 'or': {
      const conditions = node.operands.map((each) => boundCondition(each, kind, placeholders))
      return { op: node.is, conditions }
    }
    case 'not':
      return { op: 'not', condition: boundCondition(node.operands[0], kind, placeholders) }
    case 'between': {
      const operands = node.operands.map(bind)
      // A bound that is a size is checked only when the item is known.
      const [, ...bounds] = node.operands
      checkBounds(
        kind,
        operands,
        bounds.every(({ is }) => is === 'value'),
      )
      const [operand, low, high] = operandsIn(operands) as [Operand, Operand, Operand]
      return { op: 'between', operand, low, high }
    }
    case 'in': {
      const operands = node.operands.map(bind)
      checkList(kind, operands)
      const [operand, ...list] = operandsIn(operands) as [Operand, ...Operand[]]
      return { op: 'in', operand, list }
    }
    case 'infix': {
      const operands = node.operands.map(bind)
      checkComparison(kind, node.operator, operands)
      const [left, right] = operandsIn(operands) as [Operand, Operand]
      return { op: COMPARISONS[node.operator as Infix], left, right }
    }
    case 'call':
      return boundFunction(node, kind, node.operands.map(bind))
    default:
      throw new Error(`a ${node.is} is no condition`)
  }
}

function boundFunction(
  { name }: CallNode,
  kind: ExpressionKind,
  operands: readonly BoundOperand[],
): Condition {
  checkFunction(kind, name, operands)
  const [first, second] = operandsIn(operands) as [Operand, Operand]
  switch (name) {
    case 'attribute_exists':
    case 'attribute_not_exists':
      return { op: name, path: pathIn(first) }
    case 'attribute_type':
      return { op: name, path: pathIn(first), types: typesNamed(second) }
    case 'begins_with':
    case 'contains':
      return { op: name, left: first, right: second }
    default:
      throw new Error(`${name} is no condition`)
  }
}

/** The operand has been checked to be a path. */
function pathIn(operand: Operand) {
  if (operand.is !== 'path') throw new Error('no path')
  return operand.path
}

function typesNamed(operand: Operand) {
  const type = operand.is === 'value' ? operand.value.value : ''
  return type === 'M' ? DOCUMENT_MAP_TYPES : [type as 'S']
}
