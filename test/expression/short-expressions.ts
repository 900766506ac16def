import { type Condition, comparison, type KeyCondition } from '../../src/expression/condition.ts'
import { pathOf } from '../../src/expression/path.ts'
import type { UpdateAction } from '../../src/expression/update.ts'
import type { AttributeValue } from '../../src/model/attribute-value.ts'

/** Short forms of conditions and updates of whole attributes. */

export function between(attribute: string, low: AttributeValue, high: AttributeValue): Condition {
  return {
    ...{ op: 'between', operand: { is: 'path', path: pathOf(attribute) } },
    ...{ low: { is: 'value', value: low }, high: { is: 'value', value: high } },
  }
}

export function isIn(attribute: string, ...values: readonly AttributeValue[]): Condition {
  const list = values.map((value) => ({ is: 'value', value }) as const)
  return { op: 'in', operand: { is: 'path', path: pathOf(attribute) }, list }
}

/** The condition on an item's attribute that is equal to a key condition. */
export function ofKey(attribute: string, condition: KeyCondition): Condition {
  return condition.op === 'between'
    ? between(attribute, condition.low, condition.high)
    : comparison(attribute, condition.op, condition.value)
}

export function exists(attribute: string): Condition {
  return { op: 'attribute_exists', path: pathOf(attribute) }
}

export function absent(attribute: string): Condition {
  return { op: 'attribute_not_exists', path: pathOf(attribute) }
}

export function put(attribute: string, value: AttributeValue): UpdateAction {
  return { action: 'set', path: pathOf(attribute), value: { is: 'value', value } }
}

export function add(attribute: string, value: AttributeValue): UpdateAction {
  return { action: 'add', path: pathOf(attribute), value }
}

export function remove(attribute: string): UpdateAction {
  return { action: 'remove', path: pathOf(attribute) }
}

export function discard(attribute: string, value: AttributeValue): UpdateAction {
  return { action: 'discard', path: pathOf(attribute), value }
}
