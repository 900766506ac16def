/** A parsed expression. Names and values may be placeholders. */

/** `name`, `#placeholder`, or the index in a list. */
export type StepNode = string | number

export interface PathNode {
  readonly is: 'path'
  readonly head: string
  readonly steps: readonly StepNode[]
}

export interface ValueNode {
  readonly is: 'value'
  readonly placeholder: string
}

export interface CallNode {
  readonly is: 'call'
  readonly name: string
  readonly operands: readonly Node[]
}

/** `=`, `<`, `+`, … */
export interface InfixNode {
  readonly is: 'infix'
  readonly operator: string
  readonly operands: readonly [Node, Node]
}

export type Node =
  | PathNode
  | ValueNode
  | CallNode
  | InfixNode
  | { readonly is: 'between'; readonly operands: readonly [Node, Node, Node] }
  | { readonly is: 'in'; readonly operands: readonly Node[] }
  | { readonly is: 'and' | 'or'; readonly operands: readonly Node[] }
  | { readonly is: 'not'; readonly operands: readonly [Node] }

/** Whether the node is a condition and not a value. */
export function isCondition(node: Node): boolean {
  switch (node.is) {
    case 'path':
    case 'value':
      return false
    case 'call':
      return CONDITION_FUNCTIONS.has(node.name)
    case 'infix':
      return node.operator !== '+' && node.operator !== '-'
    default:
      return true
  }
}

/** Functions that are conditions by themselves. */
export const CONDITION_FUNCTIONS: ReadonlySet<string> = new Set([
  'attribute_exists',
  'attribute_not_exists',
  'attribute_type',
  'begins_with',
  'contains',
])

/** Functions allowed in updates. */
export const UPDATE_FUNCTIONS: ReadonlySet<string> = new Set(['if_not_exists', 'list_append'])
