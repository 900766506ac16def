import type { Chooser } from '../chooser.ts'
import { ATTRIBUTES, type Json, KEY_TYPES } from '../tables.ts'
import type { Value, Values } from '../values.ts'

/** Names that an expression may contain without a placeholder. */
const PLAIN_NAME = /^[a-z][a-z0-9]*$/
const RESERVED = new Set(['status'])

/** The placeholders that the expressions of one request share. */
export class Placeholders {
  readonly chooser: Chooser
  readonly values: Values
  readonly #names: Json = {}
  readonly #values: Json = {}

  constructor(chooser: Chooser, values: Values) {
    this.chooser = chooser
    this.values = values
  }

  name(name: string): string {
    const mustReplace = !PLAIN_NAME.test(name) || RESERVED.has(name)
    return this.chooser.choose('name', {
      plain: [mustReplace ? 1 : 60, () => name],
      placeholder: [40, () => this.#placeholder(name)],
    })
  }

  #placeholder(name: string): string {
    const placeholder = `#${name.replace(/\W/g, '_')}`
    this.#names[placeholder] = name
    return placeholder
  }

  value(value: Value): string {
    const placeholder = `:v${Object.keys(this.#values).length}`
    this.#values[placeholder] = value
    return placeholder
  }

  valueFor(attribute: string): string {
    return this.value(this.values.for(attribute))
  }

  attribute(): string {
    return this.chooser.pick(Object.keys(ATTRIBUTES))
  }

  /** A path into any attribute, sometimes into a key attribute. */
  path(attribute = this.#anyAttribute()): string {
    return this.name(attribute) + this.#steps(ATTRIBUTES[attribute] ?? 'S')
  }

  #anyAttribute(): string {
    return this.chooser.chance(4) ? this.chooser.pick(Object.keys(KEY_TYPES)) : this.attribute()
  }

  #steps(type: string, depth = 0): string {
    const c = this.chooser
    const isDocument = type === 'L' || type === 'M' || type === 'any'
    const onward = () => this.#steps(c.pick(['S', 'L', 'M']), depth + 1)
    return c.choose('path', {
      whole: [isDocument ? 4 : 40, () => ''],
      member: [type === 'M' ? 6 : 1, () => `.${this.name(c.pick(['a', 'b', 's1']))}${onward()}`],
      element: [type === 'L' ? 6 : 1, () => `[${c.pick([0, 0, 0, 1, 1, 2, 7])}]${onward()}`],
    })
  }

  isUsed(): boolean {
    return Object.keys(this.members()).length > 0
  }

  /** The names and values in use, as members of a request. */
  members(): Json {
    return {
      ...(Object.keys(this.#names).length > 0 && { ExpressionAttributeNames: this.#names }),
      ...(Object.keys(this.#values).length > 0 && { ExpressionAttributeValues: this.#values }),
    }
  }
}
