import {
  CONDITION_FUNCTIONS,
  type Node,
  type PathNode,
  UPDATE_FUNCTIONS,
  type ValueNode,
} from './nodes.ts'
import { COMPARISON_BINDS, type Grammar, OperatorReader } from './operators.ts'
import type { ExpressionReader } from './reader.ts'

export type Section = 'SET' | 'REMOVE' | 'ADD' | 'DELETE'

/** One action of an update, as parsed. */
export type ActionNode =
  | { readonly section: 'SET'; readonly path: PathNode; readonly value: Node }
  | { readonly section: 'REMOVE'; readonly path: PathNode }
  | { readonly section: 'ADD' | 'DELETE'; readonly path: PathNode; readonly value: ValueNode }

const SECTIONS: readonly Section[] = ['SET', 'REMOVE', 'ADD', 'DELETE']

const VALUE_GRAMMAR: Grammar = {
  infix: new Map([
    ['+', COMPARISON_BINDS],
    ['-', COMPARISON_BINDS],
  ]),
  isCondition: false,
  functions: UPDATE_FUNCTIONS,
  whole: new Set(['list_append']),
  foreign: new Set([...CONDITION_FUNCTIONS, 'size']),
}

/** Reads sections in any order, each once: `SET a = :a, b = b + :one REMOVE c`. */
export function readUpdate(reader: ExpressionReader): readonly ActionNode[] {
  const actions: ActionNode[] = []
  const seen = new Set<Section>()
  while (reader.token.kind !== 'end') {
    const section = SECTIONS.find((each) => each === reader.keyword())
    if (section === undefined) throw reader.syntaxError()
    reader.take()
    if (seen.has(section)) {
      reader.fault(
        'section',
        `The "${section}" section can only be used once in an update expression;`,
      )
    }
    seen.add(section)
    actions.push(readAction(reader, section))
    while (reader.isSymbol(',')) {
      reader.take()
      actions.push(readAction(reader, section))
    }
  }
  return actions
}

function readAction(reader: ExpressionReader, section: Section): ActionNode {
  const path = reader.takePath()
  reader.countOperator()
  switch (section) {
    case 'REMOVE':
      return { section, path }
    case 'SET':
      reader.takeSymbol('=')
      return { section, path, value: new OperatorReader(reader, VALUE_GRAMMAR).read() }
    default: {
      if (reader.token.kind !== 'value') throw reader.syntaxError()
      return { section, path, value: { is: 'value', placeholder: reader.take().text } }
    }
  }
}
