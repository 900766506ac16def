import type { Path } from '../../../expression/path.ts'
import type { SetValue, UpdateAction } from '../../../expression/update.ts'
import { type AttributeValue, isSetType } from '../../../model/attribute-value.ts'
import { typeWord } from '../attribute/type-words.ts'
import { refuseSame, wrongType } from './checks.ts'
import type { Node } from './nodes.ts'
import { boundPath, DistinctPaths } from './paths.ts'
import type { Placeholders } from './placeholders.ts'
import { invalidExpression } from './reader.ts'
import type { ActionNode } from './update.ts'

const KIND = 'UpdateExpression'

/**
 * Binds names and values. Of several faults the last one is reported, and faults of paths before
 * those of operands.
 *
 * @throws MagnetoDBError if paths or operands are not allowed
 */
export function boundUpdate(
  nodes: readonly ActionNode[],
  placeholders: Placeholders,
): readonly UpdateAction[] {
  const backwards = [...nodes].reverse()
  const paths = backwards.map(({ path }) => boundPath(path, KIND, placeholders))
  const distinct = new DistinctPaths(KIND)
  for (const path of [...paths].reverse()) distinct.add(path)
  return backwards.map((node, i) => boundAction(node, paths[i] as Path, placeholders)).reverse()
}

function boundAction(node: ActionNode, path: Path, placeholders: Placeholders): UpdateAction {
  switch (node.section) {
    case 'SET':
      return { action: 'set', path, value: boundValue(node.value, placeholders) }
    case 'REMOVE':
      return { action: 'remove', path }
    default: {
      const value = placeholders.value(KIND, node.value.placeholder)
      checkOperand(node.section, value)
      return { action: node.section === 'ADD' ? 'add' : 'subtract', path, value }
    }
  }
}

function checkOperand(section: 'ADD' | 'DELETE', { type }: AttributeValue): void {
  if (isSetType(type) || (section === 'ADD' && type === 'N')) return
  throw invalidExpression(
    KIND,
    'Incorrect operand type for operator or function; ' +
      `operator: ${section}, operand type: ${typeWord(type)}, ` +
      `typeSet: ALLOWED_FOR_${section}_OPERAND`,
  )
}

/** The number of functions bounds the depth. */
function boundValue(node: Node, placeholders: Placeholders): SetValue {
  switch (node.is) {
    case 'path':
      return { is: 'path', path: boundPath(node, KIND, placeholders) }
    case 'value':
      return { is: 'value', value: placeholders.value(KIND, node.placeholder) }
    case 'infix': {
      const [left, right] = node.operands.map((each) => boundValue(each, placeholders))
      requireLiteral(node.operator, [left, right] as Sides, 'N')
      return { is: node.operator === '+' ? 'plus' : 'minus', left, right } as SetValue
    }
    case 'call':
      return boundFunction(node.name, node.operands, placeholders)
    default:
      throw new Error(`a ${node.is} is no value`)
  }
}

type Sides = readonly [SetValue, SetValue]

function boundFunction(name: string, nodes: readonly Node[], placeholders: Placeholders): SetValue {
  const operands = nodes.map((each) => boundValue(each, placeholders))
  const [left, right] = operands as [SetValue, SetValue]
  if (operands.length !== 2) {
    throw invalidExpression(
      KIND,
      'Incorrect number of operands for operator or function; ' +
        `operator or function: ${name}, number of operands: ${operands.length}`,
    )
  }
  if (name === 'list_append') {
    requireLiteral(name, [left, right], 'L')
    return { is: 'list_append', left, right }
  }
  if (left.is !== 'path') {
    throw invalidExpression(
      KIND,
      `Operator or function requires a document path; operator or function: ${name}`,
    )
  }
  refuseSame(KIND, name, operands)
  return { is: 'if_not_exists', path: left.path, otherwise: right }
}

/** Checks the type of a value that the request contains. */
function requireLiteral(name: string, operands: Sides, type: AttributeValue['type']): void {
  for (const operand of operands) {
    if (operand.is === 'value' && operand.value.type !== type) {
      throw wrongType(KIND, name, operand.value.type)
    }
  }
}
