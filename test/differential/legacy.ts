/** The legacy parameters, which expressions have replaced. */
import type { Chooser } from './chooser.ts'
import { ATTRIBUTES, type Json } from './tables.ts'
import type { Value, Values } from './values.ts'

/** Number of values that each operator takes. */
const OPERATORS: Readonly<Record<string, number>> = {
  ...{ EQ: 1, NE: 1, LT: 1, LE: 1, GT: 1, GE: 1, BEGINS_WITH: 1, CONTAINS: 1, NOT_CONTAINS: 1 },
  ...{ NULL: 0, NOT_NULL: 0, BETWEEN: 2, IN: 3 },
}
const KEY_OPERATORS = ['EQ', 'LT', 'LE', 'GT', 'GE', 'BEGINS_WITH', 'BETWEEN']
const SCALARS: Readonly<Record<string, string>> = {
  ...{ s1: 'S', s2: 'S', n1: 'N', n2: 'N', b1: 'B', 'with.dot': 'S', größe: 'N', status: 'S' },
}
const SETS = ['ss', 'ns', 'bs']
const ADDABLE = [...SETS, 'n1', 'n2', 'größe']

export class LegacyParameters {
  readonly #chooser: Chooser
  readonly #values: Values

  constructor(chooser: Chooser, values: Values) {
    this.#chooser = chooser
    this.#values = values
  }

  expected(): Json {
    const c = this.#chooser
    const of = (name: string): Json =>
      c.choose<Json>('expected', {
        value: () => ({ Value: this.#values.for(name) }),
        'exists with a value': () => ({ Exists: true, Value: this.#values.for(name) }),
        'exists not': () => ({ Exists: false }),
        operator: [5, () => this.#condition(name)],
      })
    return this.#withOperator({ Expected: this.#byName(of) })
  }

  filter(member: 'QueryFilter' | 'ScanFilter'): Json {
    return this.#withOperator({ [member]: this.#byName((name) => this.#condition(name)) })
  }

  keyConditions(hash: string, range: string | undefined): Json {
    const c = this.#chooser
    const isEqual = this.#comparison('EQ', () => this.#values.for(hash))
    if (range === undefined || c.chance(30)) return { KeyConditions: { [hash]: isEqual } }
    const operator = c.name('legacy key condition', KEY_OPERATORS)
    const onRange = this.#comparison(operator, () => this.#values.for(range))
    return { KeyConditions: { [hash]: isEqual, [range]: onRange } }
  }

  updates(): Json {
    const c = this.#chooser
    const withValue = (Action: string, name: string) => ({ Action, Value: this.#values.for(name) })
    const of = (name: string): Json =>
      c.choose<Json>('legacy update', {
        put: [22, () => withValue('PUT', name)],
        'put by default': [1, () => ({ Value: this.#values.for(name) })],
        add: [ADDABLE.includes(name) ? 21 : 0, () => withValue('ADD', name)],
        delete: [4, () => ({ Action: 'DELETE' })],
        'delete values': [SETS.includes(name) ? 12 : 0, () => withValue('DELETE', name)],
      })
    return { AttributeUpdates: this.#byName(of) }
  }

  attributesToGet(): Json {
    return { AttributesToGet: this.#chooser.some(['p', 'r', 's1', 'n1', 'm1', 'l1', 'nothing'], 3) }
  }

  #byName(of: (name: string) => Json): Json {
    const names = this.#chooser.some(Object.keys(ATTRIBUTES), 1 + this.#chooser.below(3))
    return Object.fromEntries(names.map((name) => [name, of(name)]))
  }

  #condition(name: string): Json {
    const c = this.#chooser
    const operator = c.name('legacy operator', Object.keys(OPERATORS))
    const type = SCALARS[name] ?? c.pick(['S', 'N', 'B'])
    const isFit = c.chance(97) && !(operator === 'BEGINS_WITH' && type === 'N')
    return this.#comparison(operator, () =>
      isFit ? this.#values.of(type) : this.#values.for(name),
    )
  }

  #comparison(ComparisonOperator: string, value: () => Value): Json {
    const count = OPERATORS[ComparisonOperator] ?? 1
    const c = this.#chooser
    const length = c.chance(97) ? count : c.below(3)
    if (length === 0) return { ComparisonOperator }
    return { ComparisonOperator, AttributeValueList: c.times(length, length, value) }
  }

  /** Usually only with two conditions or more. */
  #withOperator(members: Json): Json {
    const [conditions = {}] = Object.values(members)
    const isOne = Object.keys(conditions as Json).length < 2
    const isJoined = !isOne || this.#chooser.below(400) === 0
    const operator = () => this.#chooser.pick(['AND', 'OR'])
    const joined = this.#chooser.member('ConditionalOperator', isJoined ? 60 : 0, operator)
    return { ...members, ...joined }
  }
}
