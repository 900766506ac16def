import type { Operand } from '../../../expression/condition.ts'
import type { SetValue } from '../../../expression/update.ts'
import { type AttributeValue, isScalar } from '../../../model/attribute-value.ts'
import { IN_OPERANDS_MAX } from '../../../model/limits.ts'
import { compareScalars } from '../../../model/scalar-order.ts'
import { writeValue } from '../../../model/typed-json.ts'
import { shortened } from '../shortened.ts'
import { isSamePath, shownPath } from './paths.ts'
import { type ExpressionKind, invalidExpression } from './reader.ts'

/* Checks of operands that need no item. */

/** An operand, with its type if the request determines it. */
export interface BoundOperand {
  readonly operand: Operand
  readonly type: AttributeValue['type'] | undefined
}

export function operandsIn(operands: readonly BoundOperand[]): readonly Operand[] {
  return operands.map(({ operand }) => operand)
}

const ORDERING: readonly string[] = ['<', '<=', '>', '>=']
const ORDERED_TYPES: readonly string[] = ['S', 'N', 'B']
const SIZELESS_TYPES: readonly string[] = ['N', 'BOOL', 'NULL']
const TYPE_NAMES: readonly string[] = ['S', 'N', 'B', 'SS', 'NS', 'BS', 'BOOL', 'NULL', 'L', 'M']

const OPERANDS_EXPECTED: Readonly<Record<string, number>> = {
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2,
  size: 1,
}

export function checkComparison(
  kind: ExpressionKind,
  operator: string,
  operands: readonly BoundOperand[],
): void {
  refuseSame(kind, operator, operandsIn(operands))
  if (!ORDERING.includes(operator)) return
  for (const { type } of operands) {
    if (type !== undefined && !ORDERED_TYPES.includes(type)) throw wrongType(kind, operator, type)
  }
}

/**
 * @param operands the value, the lower bound and the upper one
 * @param areLiteral both bounds are values of the request
 */
export function checkBounds(
  kind: ExpressionKind,
  operands: readonly BoundOperand[],
  areLiteral: boolean,
): void {
  const [, low, high] = operandsIn(operands)
  for (const { type } of operands) {
    if (type !== undefined && !ORDERED_TYPES.includes(type)) throw wrongType(kind, 'BETWEEN', type)
  }
  refuseSame(kind, 'BETWEEN', operandsIn(operands))
  if (!areLiteral || low?.is !== 'value' || high?.is !== 'value') return
  const [from, to] = [low.value, high.value]
  const bounds = () =>
    `lower bound operand: AttributeValue: ${shown(from)}, ` +
    `upper bound operand: AttributeValue: ${shown(to)}`
  if (from.type !== to.type) {
    throw invalidExpression(
      kind,
      `The BETWEEN operator requires same data type for lower and upper bounds; ${bounds()}`,
    )
  }
  if (!isScalar(from) || !isScalar(to)) return
  if (compareScalars(from.type, from.value, to.value) <= 0) return
  throw invalidExpression(
    kind,
    'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ' +
      bounds(),
  )
}

/** @param operands the value, then the values that it may equal */
export function checkList(kind: ExpressionKind, operands: readonly BoundOperand[]): void {
  refuseSame(kind, 'IN', operandsIn(operands))
  const count = operands.length - 1
  if (count <= IN_OPERANDS_MAX) return
  throw invalidExpression(
    kind,
    `The IN operator is provided with too many operands; number of operands: ${count}`,
  )
}

/** `{S:text}` */
function shown(value: AttributeValue): string {
  const { type } = value
  const text = writeValue(value).slice(`{"${type}":`.length, -1)
  return shortened(`{${type}:${text.startsWith('"') ? text.slice(1, -1) : text}}`)
}

export function checkFunction(
  kind: ExpressionKind,
  name: string,
  operands: readonly BoundOperand[],
): void {
  if (operands.length !== OPERANDS_EXPECTED[name]) {
    throw invalidExpression(
      kind,
      'Incorrect number of operands for operator or function; ' +
        `operator or function: ${name}, number of operands: ${operands.length}`,
    )
  }
  refuseSame(kind, name, operandsIn(operands))
  const [first, second] = operands as readonly [BoundOperand, BoundOperand | undefined]
  switch (name) {
    case 'begins_with':
      for (const { type } of operands) {
        if (type !== undefined && type !== 'S' && type !== 'B') throw wrongType(kind, name, type)
      }
      break
    case 'size':
      if (first.type && SIZELESS_TYPES.includes(first.type)) throw wrongType(kind, name, first.type)
      break
    case 'attribute_type':
      checkTypeName(kind, second?.operand)
      requirePath(kind, name, first)
      break
    case 'attribute_exists':
    case 'attribute_not_exists':
      requirePath(kind, name, first)
  }
}

function checkTypeName(kind: ExpressionKind, operand: Operand | undefined): void {
  const value = operand?.is === 'value' ? operand.value : undefined
  if (value?.type !== 'S') {
    const type = value?.type ?? '{NS,SS,L,BS,N,M,B,BOOL,NULL,S}'
    throw wrongType(kind, 'attribute_type', type)
  }
  if (TYPE_NAMES.includes(value.value)) return
  throw invalidExpression(
    kind,
    `Invalid attribute type name found; type: ${shortened(value.value)}, ` +
      'valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}',
  )
}

function requirePath(kind: ExpressionKind, name: string, { operand }: BoundOperand): void {
  if (operand.is === 'path') return
  throw invalidExpression(
    kind,
    `Operator or function requires a document path; operator or function: ${name}`,
  )
}

/** Refuses a first operand that occurs again among the others. */
export function refuseSame(
  kind: ExpressionKind,
  operator: string,
  [first, ...others]: readonly (Operand | SetValue)[],
): void {
  if (first?.is !== 'path') return
  if (!others.some((other) => other.is === 'path' && isSamePath(first.path, other.path))) return
  throw invalidExpression(
    kind,
    'The first operand must be distinct from the remaining operands for this operator or ' +
      `function; operator: ${operator}, first operand: ${shownPath(first.path)}`,
  )
}

export function wrongType(kind: ExpressionKind, name: string, type: string) {
  return invalidExpression(
    kind,
    'Incorrect operand type for operator or function; ' +
      `operator or function: ${name}, operand type: ${type}`,
  )
}
