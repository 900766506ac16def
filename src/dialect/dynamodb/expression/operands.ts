import { type BoundOperand, checkFunction, wrongType } from './checks.ts'
import type { Node } from './nodes.ts'
import { boundPath } from './paths.ts'
import type { Placeholders } from './placeholders.ts'
import type { ExpressionKind } from './reader.ts'

export function bindOperand(
  node: Node,
  kind: ExpressionKind,
  placeholders: Placeholders,
): BoundOperand {
  switch (node.is) {
    case 'path':
      return { operand: { is: 'path', path: boundPath(node, kind, placeholders) }, type: undefined }
    case 'value': {
      const value = placeholders.value(kind, node.placeholder)
      return { operand: { is: 'value', value }, type: value.type }
    }
    case 'call': {
      const operands = node.operands.map((each) => bindOperand(each, kind, placeholders))
      checkFunction(kind, node.name, operands)
      return sizeOperand(operands[0] as BoundOperand, kind, placeholders)
    }
    default:
      throw new Error(`a ${node.is} is no operand`)
  }
}

function sizeOperand(
  { operand }: BoundOperand,
  kind: ExpressionKind,
  placeholders: Placeholders,
): BoundOperand {
  if (operand.is === 'path') return { operand: { is: 'size', path: operand.path }, type: 'N' }
  const value = operand.is === 'value' ? placeholders.size(operand.value) : undefined
  // Values without a size were refused, so this is the size of a size.
  if (value === undefined) throw wrongType(kind, 'size', 'N')
  return { operand: { is: 'value', value }, type: 'N' }
}
