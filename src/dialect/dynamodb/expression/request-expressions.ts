import type { Condition, KeyCondition } from '../../../expression/condition.ts'
import type { Path } from '../../../expression/path.ts'
import type { UpdateAction } from '../../../expression/update.ts'
import { boundCondition } from './condition.ts'
import { keyConditionsIn } from './key-condition.ts'
import { type Names, Placeholders, type Values } from './placeholders.ts'
import { boundProjection } from './projection.ts'
import type { Templates } from './templates.ts'
import { boundUpdate } from './update-actions.ts'

interface PlaceholderParameters {
  readonly ExpressionAttributeNames?: Names | undefined
  readonly ExpressionAttributeValues?: Values | undefined
}

/** Binds the expressions of one request to its names and values. */
export class RequestExpressions {
  readonly #templates: Templates
  readonly #placeholders: Placeholders

  /** @throws MagnetoDBError */
  constructor(templates: Templates, input: PlaceholderParameters) {
    this.#templates = templates
    this.#placeholders = new Placeholders(
      input.ExpressionAttributeNames,
      input.ExpressionAttributeValues,
    )
  }

  condition(
    kind: 'ConditionExpression' | 'FilterExpression',
    text: string | undefined,
  ): Condition | undefined {
    if (text === undefined) return undefined
    return boundCondition(this.#templates.condition(kind, text), kind, this.#placeholders)
  }

  /** Call this last. Faults of a condition are reported before those of a key condition. */
  keyConditions(text: string): ReadonlyMap<string, KeyCondition> {
    const kind = 'KeyConditionExpression'
    const node = this.#templates.condition(kind, text)
    const bound = boundCondition(node, kind, this.#placeholders)
    this.finish()
    return keyConditionsIn(node, bound)
  }

  projection(text: string | undefined): readonly Path[] | undefined {
    if (text === undefined) return undefined
    return boundProjection(this.#templates.projection(text), this.#placeholders)
  }

  update(text: string | undefined): readonly UpdateAction[] | undefined {
    if (text === undefined) return undefined
    return boundUpdate(this.#templates.update(text), this.#placeholders)
  }

  /** Attributes in the filter. */
  get filteredAttributes(): ReadonlySet<string> {
    const paths = this.#placeholders.pathsIn('FilterExpression')
    return new Set(paths.map(({ attribute }) => attribute))
  }

  /** Attributes that a path leads into. */
  get openedAttributes(): ReadonlySet<string> {
    const opened = this.#placeholders.paths.filter(({ steps }) => steps.length > 0)
    return new Set(opened.map(({ attribute }) => attribute))
  }

  /** To be called after the last expression. @throws MagnetoDBError if a name or value is unused */
  finish(): void {
    this.#placeholders.finish()
  }
}
