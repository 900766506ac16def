import * as assert from 'uvu/assert'
import { decodeScanFilter } from '../../src/dialect/magnetodb/decode/scan-filter.ts'
import { decodeUpdateItem } from '../../src/dialect/magnetodb/decode/update-item.ts'
import { messageOf } from '../../src/dialect/magnetodb/messages.ts'
import { applyUpdates } from '../../src/expression/apply-update.ts'
import type { Condition } from '../../src/expression/condition.ts'
import { evaluate } from '../../src/expression/evaluate.ts'
import type { UpdateAction } from '../../src/expression/update.ts'
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { finished } from '../../src/model/steps.ts'
import { encodeItem, writeValue } from '../../src/model/typed-json.ts'
import { v1Request } from '../dialect/magnetodb/requests.ts'
import { type Seeded, seeded } from '../seeded.ts'
import { suite } from '../support/suite.ts'
import { fewItem, fewScalar, fewSet, fewValue, NAMES } from './few-values.ts'
import { type FormerUpdate, applyUpdates as formerApply } from './former/apply-update.ts'
import { evaluate as formerEvaluate } from './former/evaluate.ts'

/** v1's conditions and updates have the same meaning as before these knew document paths. */

const test = suite('former expressions')

const ROUNDS = 5_000
/** Some planted differences show only once in several thousand rounds. */
const PLANTED_ROUNDS_MAX = 100_000
const KEY: Item = new Map([['h', { type: 'S', value: 'key' }]])

const ONE_SCALAR = ['LT', 'LE', 'GT', 'GE', 'BEGINS_WITH', 'CONTAINS', 'NOT_CONTAINS'] as const
const OPERATORS = [...ONE_SCALAR, 'EQ', 'NE', 'IN', 'BETWEEN', 'NULL', 'NOT_NULL'] as const

function randomOperands(random: Seeded, operator: (typeof OPERATORS)[number]): AttributeValue[] {
  switch (operator) {
    case 'NULL':
    case 'NOT_NULL':
      return []
    case 'EQ':
    case 'NE':
      return [fewValue(random)]
    case 'IN':
      return Array.from({ length: 1 + random.below(3) }, () => fewScalar(random))
    case 'BETWEEN': {
      const type = random.pick(['S', 'N', 'B'] as const)
      return [fewScalar(random, type), fewScalar(random, type)]
    }
    case 'BEGINS_WITH':
      return [fewScalar(random, random.pick(['S', 'B'] as const))]
    default:
      return [fewScalar(random)]
  }
}

/** Whether the evaluators disagree within the given rounds. */
function conditionsDiffer(
  changed: (lowered: Condition) => Condition,
  rounds = PLANTED_ROUNDS_MAX,
): boolean {
  const random = seeded('former conditions')
  for (let round = 0; round < rounds; round++) {
    const item = random.below(10) > 0 ? fewItem(random) : null
    const asked = NAMES.filter(() => random.below(3) === 0).map((name) => {
      const operator = random.pick(OPERATORS)
      return { name, operator, operands: randomOperands(random, operator) }
    })
    const filter = Object.fromEntries(
      asked.map(({ name, operator, operands }) => {
        const list = operands.map((operand) => JSON.parse(writeValue(operand)))
        return [name, { comparison_operator: operator, attribute_value_list: list }]
      }),
    )
    const lowered = finished(decodeScanFilter(JSON.parse(JSON.stringify(filter))))
    const now = lowered === undefined || finished(evaluate(changed(lowered), item))
    const former = asked.every(({ name, operator, operands }) =>
      formerEvaluate(item?.get(name), operator, operands),
    )
    if (now !== former) return true
  }
  return false
}

/** Changes some of the conditions inside a condition. */
function within(change: (condition: Condition) => Condition) {
  return function changed(condition: Condition): Condition {
    if (condition.op === 'and') {
      return { op: 'and', conditions: condition.conditions.map((each) => changed(each)) }
    }
    return change(condition)
  }
}

const PLANTED: Readonly<Record<string, (condition: Condition) => Condition>> = {
  'an end that is excluded': within((each) => (each.op === 'le' ? { ...each, op: 'lt' } : each)),
  'an absent attribute that is unequal': (each) =>
    each.op === 'and' ? { ...each, conditions: each.conditions.slice(1) } : each,
  'bounds that change places': within((each) =>
    each.op === 'between' ? { ...each, low: each.high, high: each.low } : each,
  ),
  'NOT_CONTAINS of a type that contains nothing': within((each) =>
    each.op === 'attribute_type' ? { op: 'attribute_exists', path: each.path } : each,
  ),
  'a list that contains nothing': within((each) =>
    each.op === 'attribute_type'
      ? { ...each, types: each.types.filter((type) => type !== 'L') }
      : each,
  ),
  'the last operand of IN passed over': within((each) =>
    each.op === 'in' ? { ...each, list: each.list.slice(0, -1) } : each,
  ),
}

test('conditions of v1 have the same results as with the former evaluator', () => {
  assert.not.ok(conditionsDiffer((lowered) => lowered, ROUNDS))
})

for (const [what, changed] of Object.entries(PLANTED)) {
  test(`a difference is found: ${what}`, () => {
    assert.ok(conditionsDiffer(changed))
  })
}

function randomUpdate(random: Seeded): FormerUpdate {
  const action = random.pick(['PUT', 'ADD', 'DELETE'] as const)
  const isBare = action === 'DELETE' && random.below(3) === 0
  const value = random.below(2) === 0 ? fewSet(random) : fewValue(random)
  return { action, value: isBare ? undefined : value }
}

/** The stored item, or the message of the refusal. */
function outcomeOf(work: () => Item | null): string {
  try {
    const item = work()
    return item ? encodeItem(item).json : 'none'
  } catch (error) {
    if (!(error instanceof MagnetoDBError)) throw error
    return messageOf(error.reason)
  }
}

function updatesDiffer(
  changed: (updates: readonly UpdateAction[]) => readonly UpdateAction[],
  rounds = PLANTED_ROUNDS_MAX,
): boolean {
  const random = seeded('former updates')
  for (let round = 0; round < rounds; round++) {
    const old = random.below(5) > 0 ? fewItem(random) : null
    const asked = new Map(
      NAMES.filter(() => random.below(2) === 0).map(
        (name) => [name, randomUpdate(random)] as const,
      ),
    )
    const json = [...asked].map(([name, { action, value }]) => {
      const typed = value ? `,"value":${writeValue(value)}` : ''
      return `${JSON.stringify(name)}:{"action":"${action}"${typed}}`
    })
    const body = `{"key":{"h":{"S":"key"}},"attribute_updates":{${json.join()}}}`
    const { updates } = finished(decodeUpdateItem(v1Request(body)))
    const now = outcomeOf(() => finished(applyUpdates(old, KEY, changed(updates))))
    if (now !== outcomeOf(() => formerApply(old, KEY, asked))) return true
  }
  return false
}

function each(change: (update: UpdateAction) => UpdateAction) {
  return (updates: readonly UpdateAction[]) => updates.map(change)
}

const PLANTED_UPDATES: Readonly<Record<string, Parameters<typeof updatesDiffer>[0]>> = {
  'a scalar that is not discarded': each((update) =>
    update.action === 'discard' ? { ...update, action: 'subtract' } : update,
  ),
  'another order of attributes': (updates) => updates.toReversed(),
  'ADD that sets': each((update) =>
    update.action === 'add'
      ? { action: 'set', path: update.path, value: { is: 'value', value: update.value } }
      : update,
  ),
  'a removal that is forgotten': (updates) =>
    updates.filter(({ action }, i) => action !== 'remove' || i === 0),
}

test('updates of v1 have the same results as with the former evaluator', () => {
  assert.not.ok(updatesDiffer((updates) => updates, ROUNDS))
})

for (const [what, changed] of Object.entries(PLANTED_UPDATES)) {
  test(`a difference is found: ${what}`, () => {
    assert.ok(updatesDiffer(changed))
  })
}

test.run()
