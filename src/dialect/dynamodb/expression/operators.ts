import { EXPRESSION_OPERATORS_MAX } from '../../../model/limits.ts'
import { type CallNode, isCondition, type Node } from './nodes.ts'
import { type ExpressionReader, invalidExpression } from './reader.ts'

/** The operators and functions allowed in an expression or a part of it. */
export interface Grammar {
  /** Precedence by operator. */
  readonly infix: ReadonlyMap<string, number>
  /** Whether AND, OR, NOT, BETWEEN and IN are allowed. */
  readonly isCondition: boolean
  readonly functions: ReadonlySet<string>
  /** Those of these functions that cannot be operands. */
  readonly whole: ReadonlySet<string>
  /** Functions of other expressions. */
  readonly foreign: ReadonlySet<string>
}

interface Operator {
  readonly name: string
  readonly binds: number
}

/** An open bracket: the whole expression, a group, or the operands of a function or of IN. */
interface Frame {
  readonly kind: 'root' | 'group' | 'call' | 'in'
  readonly name: string
  /** Where a function begins in the expression. */
  readonly from: number
  /** Whether operators are allowed between its brackets, or only operands. */
  readonly takesOperators: boolean
  readonly operators: Operator[]
  readonly values: Node[]
  readonly operands: Node[]
}

const REDUNDANT = 'The expression has redundant parentheses;'
const OR: Operator = { name: 'OR', binds: 1 }
const AND: Operator = { name: 'AND', binds: 2 }
const NOT: Operator = { name: 'NOT', binds: 3 }
/** Precedence of comparisons. */
export const COMPARISON_BINDS = 4
const BETWEEN: Operator = { name: 'BETWEEN', binds: COMPARISON_BINDS }
const BETWEEN_AND: Operator = { name: 'BETWEEN AND', binds: COMPARISON_BINDS }

/**
 * Parses operators and brackets with its own stack instead of recursion, so that no input can
 * overflow JavaScript's.
 */
export class OperatorReader {
  readonly #reader: ExpressionReader
  readonly #grammar: Grammar
  readonly #outer: Frame[] = []
  /** Values that were in parentheses. */
  readonly #grouped = new WeakSet<Node>()
  /** Where functions begin. */
  readonly #starts = new WeakMap<Node, number>()
  #frame: Frame = newFrame('root', '', 0, true)

  constructor(reader: ExpressionReader, grammar: Grammar) {
    this.#reader = reader
    this.#grammar = grammar
  }

  /** Reads up to the first token that cannot continue the expression. @throws MagnetoDBError */
  read(): Node {
    for (;;) {
      this.#takeOperand()
      while (!this.#takeOperator()) {
        if (this.#closes()) this.#close()
        else if (this.#frame.kind === 'root') return this.#finished()
        else throw this.#reader.syntaxError()
      }
    }
  }

  /** Reads a value, and the opening brackets before it. */
  #takeOperand(): void {
    const reader = this.#reader
    for (;;) {
      const { kind, text } = reader.token
      if (kind === 'symbol' && text === '(') {
        reader.take()
        this.#open('group')
      } else if (reader.keyword() === 'NOT' && this.#takesCondition()) {
        reader.take()
        this.#push(NOT)
      } else if (kind === 'word' && reader.following.text === '(') {
        const { from } = reader.take()
        reader.take()
        reader.countOperator()
        this.#checkName(text, from)
        this.#open('call', text, from)
      } else {
        this.#frame.values.push(kind === 'value' ? this.#takeValue() : reader.takePath())
        return
      }
    }
  }

  #checkName(name: string, from: number): void {
    const { isCondition, functions, foreign } = this.#grammar
    if (functions.has(name)) return
    const kind = isCondition ? 'a condition' : 'an update'
    const fault = foreign.has(name)
      ? `The function is not allowed in ${kind} expression`
      : 'Invalid function name'
    this.#reader.fault('name', `${fault}; function: ${name}`, from)
  }

  /** Whether a condition may follow, or only a value. */
  #takesCondition(): boolean {
    return this.#grammar.isCondition && this.#takesOperators()
  }

  /** Whether a bracket that opens here may contain operators. */
  #takesOperators(): boolean {
    const before = this.#frame.operators.at(-1)
    return this.#frame.takesOperators && (before === undefined || before.binds < COMPARISON_BINDS)
  }

  #takeValue(): Node {
    return { is: 'value', placeholder: this.#reader.take().text }
  }

  /** Reads an operator if there is one. A value must follow it. */
  #takeOperator(): boolean {
    const reader = this.#reader
    const { kind, text } = reader.token
    if (kind === 'symbol' && text === ',' && this.#hasOperands()) {
      this.#frame.operands.push(this.#reduced())
      reader.take()
      return true
    }
    if (!this.#frame.takesOperators) return false
    const binds = kind === 'symbol' ? this.#grammar.infix.get(text) : undefined
    if (binds !== undefined) return this.#takeComparison({ name: text, binds })
    if (!this.#grammar.isCondition) return false
    switch (reader.keyword()) {
      case 'BETWEEN':
        return this.#takeComparison(BETWEEN)
      case 'IN':
        this.#takeComparison({ name: 'IN', binds: COMPARISON_BINDS })
        reader.takeSymbol('(')
        this.#frame.operators.pop()
        this.#open('in')
        return true
      case 'AND':
        if (this.#frame.operators.at(-1) === BETWEEN) {
          reader.take()
          this.#frame.operators.push(BETWEEN_AND)
          return true
        }
        return this.#takeConnective(AND)
      case 'OR':
        return this.#takeConnective(OR)
      default:
        return false
    }
  }

  #hasOperands(): boolean {
    return this.#frame.kind === 'call' || this.#frame.kind === 'in'
  }

  /** Requires a value on the left and no other comparison. */
  #takeComparison(operator: Operator): true {
    const left = this.#frame.values.at(-1) as Node
    const before = this.#frame.operators.at(-1)
    if (before !== undefined && before.binds >= operator.binds) throw this.#reader.syntaxError()
    if (!isOperand(left)) throw this.#reader.syntaxError()
    this.#reader.take()
    this.#push(operator)
    return true
  }

  #takeConnective(operator: Operator): true {
    this.#reduce(operator.binds)
    this.#checkCondition(this.#frame.values.at(-1) as Node)
    this.#reader.take()
    this.#push(operator)
    return true
  }

  #push(operator: Operator): void {
    this.#reader.countOperator()
    this.#frame.operators.push(operator)
  }

  #open(kind: Frame['kind'], name = '', from = 0): void {
    // Each bracket that is not redundant belongs to an operator or a function.
    if (this.#outer.push(this.#frame) > EXPRESSION_OPERATORS_MAX + 1) {
      throw invalidExpression(this.#reader.kind, REDUNDANT)
    }
    this.#frame = newFrame(kind, name, from, kind === 'group' && this.#takesOperators())
  }

  #closes(): boolean {
    return this.#frame.kind !== 'root' && this.#reader.isSymbol(')')
  }

  #close(): void {
    const { kind, name, from, operands } = this.#frame
    const last = this.#reduced()
    const all = [...operands, last]
    this.#reader.take()
    this.#frame = this.#outer.pop() as Frame
    const { values } = this.#frame
    if (kind === 'group') {
      if (this.#grouped.has(last)) throw invalidExpression(this.#reader.kind, REDUNDANT)
      this.#grouped.add(last)
      values.push(last)
      return
    }
    if (kind === 'in') all.unshift(values.pop() as Node)
    this.#refuseMisuse(all)
    const node: Node =
      kind === 'in' ? { is: 'in', operands: all } : { is: 'call', name, operands: all }
    this.#starts.set(node, from)
    values.push(node)
  }

  /** Applies the frame's operators, so that one value is left. */
  #reduced(): Node {
    this.#reduce(0)
    return this.#frame.values.pop() as Node
  }

  #finished(): Node {
    const root = this.#reduced()
    if (this.#grammar.isCondition) this.#checkCondition(root)
    return root
  }

  #reduce(binds: number): void {
    const { operators, values } = this.#frame
    for (let top = operators.at(-1); top && top.binds >= binds; top = operators.at(-1)) {
      if (top === BETWEEN) throw this.#reader.syntaxError()
      operators.pop()
      values.push(this.#applied(top, values))
    }
  }

  #applied({ name }: Operator, values: Node[]): Node {
    const right = values.pop() as Node
    if (name === 'NOT') {
      this.#checkCondition(right)
      return { is: 'not', operands: [right] }
    }
    const left = values.pop() as Node
    if (name === 'AND' || name === 'OR') {
      this.#checkCondition(right)
      return this.#joined(name === 'AND' ? 'and' : 'or', left, right)
    }
    if (name !== BETWEEN_AND.name) {
      this.#refuseMisuse([left, right])
      return { is: 'infix', operator: name, operands: [left, right] }
    }
    this.#frame.operators.pop()
    const operands = [values.pop() as Node, left, right] as const
    this.#refuseMisuse(operands)
    return { is: 'between', operands }
  }

  /** `a AND b AND c` is one conjunction of three. */
  #joined(is: 'and' | 'or', left: Node, right: Node): Node {
    const isSame = left.is === is && !this.#grouped.has(left)
    return { is, operands: isSame ? [...left.operands, right] : [left, right] }
  }

  #checkCondition(node: Node): void {
    if (isCondition(node)) return
    if (node.is !== 'call') throw this.#reader.syntaxError()
    this.#refuseMisused(node)
  }

  /** Some functions must not be operands. */
  #refuseMisuse(operands: readonly Node[]): void {
    for (const each of operands) {
      if (each.is === 'call' && this.#grammar.whole.has(each.name)) this.#refuseMisused(each)
    }
  }

  #refuseMisused(node: CallNode): void {
    this.#reader.fault(
      'name',
      'The function is not allowed to be used this way in an expression; ' +
        `function: ${node.name}`,
      this.#starts.get(node),
    )
  }
}

/** Whether the node may be an operand. */
function isOperand({ is }: Node): boolean {
  return is === 'path' || is === 'value' || is === 'call'
}

function newFrame(kind: Frame['kind'], name: string, from: number, takesOperators: boolean): Frame {
  return { kind, name, from, takesOperators, operators: [], values: [], operands: [] }
}
