import { EXPRESSION_OPERATORS_MAX } from '../../../model/limits.ts'
import { validationError } from '../../invalid-request.ts'
import { type Token, tokensOf } from './lexer.ts'
import type { PathNode, StepNode } from './nodes.ts'
import { isReserved } from './reserved-words.ts'

/** The parameter that an expression comes from. */
export type ExpressionKind =
  | 'ConditionExpression'
  | 'FilterExpression'
  | 'KeyConditionExpression'
  | 'ProjectionExpression'
  | 'UpdateExpression'

export const EXPRESSION_BYTES_MAX = 4096
const PATH_STEPS_MAX = 32
const LIST_INDEX_MAX = 2 ** 31 - 1

export function invalidExpression(kind: ExpressionKind, message: string) {
  return validationError(`Invalid ${kind}: ${message}`)
}

/** @throws MagnetoDBError if it is empty or too long */
export function checkLength(kind: ExpressionKind, expression: string): void {
  const size = Buffer.byteLength(expression)
  if (size > EXPRESSION_BYTES_MAX) {
    const message = 'Expression size has exceeded the maximum allowed size'
    throw invalidExpression(kind, `${message}; expression size: ${size}`)
  }
  if (expression.trim() === '') throw invalidExpression(kind, 'The expression can not be empty;')
}

/** Faults that are reported only if the expression is well-formed, the most important kind first.
 * Of one kind the first in the expression is reported. */
const FAULTS = ['name', 'section', 'size'] as const
export type ExpressionFault = (typeof FAULTS)[number]

interface Fault {
  readonly from: number
  readonly message: string
}

/** Reads the tokens of an expression one after another. */
export class ExpressionReader {
  readonly kind: ExpressionKind
  readonly #expression: string
  readonly #tokens: readonly Token[]
  readonly #faults = new Map<ExpressionFault, Fault>()
  #at = 0
  #operators = 0

  /** @param expression not too long */
  constructor(kind: ExpressionKind, expression: string) {
    this.kind = kind
    this.#expression = expression
    this.#tokens = tokensOf(expression)
  }

  get token(): Token {
    return this.#tokens[this.#at] as Token
  }

  get following(): Token {
    return this.#tokens[this.#at + 1] ?? this.token
  }

  /** Returns the token and moves on. */
  take(): Token {
    const { token } = this
    if (token.kind !== 'end') this.#at++
    return token
  }

  isSymbol(text: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === text
  }

  takeSymbol(text: string): void {
    if (!this.isSymbol(text)) throw this.syntaxError()
    this.take()
  }

  /** The next token if it is a keyword, in upper case. */
  keyword(): string | undefined {
    return this.token.kind === 'keyword' ? this.token.text.toUpperCase() : undefined
  }

  /** Reads a path such as `a.b[0].#c`. */
  takePath(): PathNode {
    const head = this.#takeName()
    const steps: StepNode[] = []
    for (;;) {
      if (this.isSymbol('.')) {
        this.take()
        // Here a text that begins with ":" is a name placeholder, which no request can define.
        steps.push(this.token.kind === 'value' ? this.take().text : this.#takeName())
      } else if (this.isSymbol('[')) {
        this.take()
        if (this.token.kind !== 'index') throw this.syntaxError()
        steps.push(this.#takeIndex())
        this.takeSymbol(']')
      } else break
    }
    if (steps.length > PATH_STEPS_MAX) {
      this.fault(
        'size',
        `The document path has too many nesting elements; nesting levels: ${steps.length}`,
      )
    }
    return { is: 'path', head, steps }
  }

  #takeName(): string {
    const { kind, text } = this.token
    if (kind !== 'word' && kind !== 'name') throw this.syntaxError()
    if (kind === 'word' && isReserved(text)) {
      this.fault('name', `Attribute name is a reserved keyword; reserved keyword: ${text}`)
    }
    this.take()
    return text
  }

  #takeIndex(): number {
    const { text } = this.take()
    const index = Number(text)
    if (index > LIST_INDEX_MAX) {
      this.fault('size', `List index is not within the allowable range; index: [${text}]`)
    }
    return index
  }

  countOperator(): void {
    if (++this.#operators > EXPRESSION_OPERATORS_MAX) {
      throw invalidExpression(
        this.kind,
        `The expression has more than ${EXPRESSION_OPERATORS_MAX} operators and functions`,
      )
    }
  }

  /** Notes a fault, which is reported if there is no more important one. @param from its place */
  fault(kind: ExpressionFault, message: string, from = this.token.from): void {
    const before = this.#faults.get(kind)
    if (!before || from < before.from) this.#faults.set(kind, { from, message })
  }

  /** @throws MagnetoDBError the most important fault */
  finish(): void {
    if (this.token.kind !== 'end') throw this.syntaxError()
    for (const kind of FAULTS) {
      const fault = this.#faults.get(kind)
      if (fault) throw invalidExpression(this.kind, fault.message)
    }
  }

  /** A syntax error at the next token, or at the one given. */
  syntaxError(at = this.#at) {
    const { text, from, to } = this.#tokens[at] as Token
    const before = this.#tokens[at - 1]?.from ?? from
    const after = this.#tokens[at + 1]?.to ?? to
    const near = this.#expression.slice(before, after)
    return invalidExpression(this.kind, `Syntax error; token: "${text}", near: "${near}"`)
  }
}
