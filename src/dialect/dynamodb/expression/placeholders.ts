import { sizeOf } from '../../../expression/operands.ts'
import type { Path } from '../../../expression/path.ts'
import type { AttributeValue } from '../../../model/attribute-value.ts'
import { validationError } from '../../invalid-request.ts'
import type { Decoded } from '../attribute/attributes.ts'
import { isNameTooLong, LONG_NAME } from '../attribute/decode-value.ts'
import { type ExpressionKind, invalidExpression } from './reader.ts'

export type Names = ReadonlyMap<string, string>
export type Values = ReadonlyMap<string, Decoded>

/** The names and values of a request's placeholders. All of them must be used. */
export class Placeholders {
  readonly #names: Names | undefined
  readonly #values: Values | undefined
  readonly #unusedNames: Set<string>
  readonly #unusedValues: Set<string>
  readonly #sizes = new Map<AttributeValue, AttributeValue | undefined>()
  readonly #paths: { readonly kind: ExpressionKind; readonly path: Path }[] = []

  /** @throws MagnetoDBError if one is malformed */
  constructor(names: Names | undefined, values: Values | undefined) {
    this.#names = names
    this.#values = values
    this.#unusedNames = new Set(names?.keys())
    this.#unusedValues = new Set(values?.keys())
    checkKeys('ExpressionAttributeNames', names, NAME)
    checkKeys('ExpressionAttributeValues', values, VALUE)
    for (const [key, name] of names ?? []) {
      if (name === '') throw emptyName(key)
      if (isNameTooLong(name)) throw validationError(LONG_NAME)
    }
    for (const [key, { faults }] of values ?? []) {
      faults.refuse('ExpressionAttributeValues contains invalid value: ', ` for key ${key}`)
    }
  }

  /** The paths in the request's expressions of this kind. */
  pathsIn(kind: ExpressionKind): readonly Path[] {
    return this.#paths.filter((each) => each.kind === kind).map(({ path }) => path)
  }

  get paths(): readonly Path[] {
    return this.#paths.map(({ path }) => path)
  }

  note(kind: ExpressionKind, path: Path): void {
    this.#paths.push({ kind, path })
  }

  /** The attribute name: `text` itself, or the name that it is a placeholder of. */
  name(kind: ExpressionKind, text: string): string {
    if (!/^[#:]/.test(text)) return text
    const name = this.#names?.get(text)
    if (name === undefined) {
      throw invalidExpression(
        kind,
        'An expression attribute name used in the document path is not defined; ' +
          `attribute name: ${text}`,
      )
    }
    this.#unusedNames.delete(text)
    return name
  }

  value(kind: ExpressionKind, placeholder: string): AttributeValue {
    const decoded = this.#values?.get(placeholder)
    if (decoded === undefined) {
      throw invalidExpression(
        kind,
        'An expression attribute value used in expression is not defined; ' +
          `attribute value: ${placeholder}`,
      )
    }
    this.#unusedValues.delete(placeholder)
    return decoded.value
  }

  /** As `sizeOf`, once for each value: a long text may be named many times. */
  size(value: AttributeValue): AttributeValue | undefined {
    if (!this.#sizes.has(value)) this.#sizes.set(value, sizeOf(value))
    return this.#sizes.get(value)
  }

  /** To be called after the last expression. @throws MagnetoDBError if one is unused */
  finish(): void {
    refuseUnused('ExpressionAttributeNames', this.#unusedNames)
    refuseUnused('ExpressionAttributeValues', this.#unusedValues)
  }
}

const NAME = /^#[0-9a-zA-Z_]+$/
const VALUE = /^:[0-9a-zA-Z_]+$/

function checkKeys(
  parameter: string,
  keys: ReadonlyMap<string, unknown> | undefined,
  pattern: RegExp,
): void {
  if (keys === undefined) return
  if (keys.size === 0) throw validationError(`${parameter} must not be empty`)
  for (const key of keys.keys()) {
    if (pattern.test(key)) continue
    throw validationError(`${parameter} contains invalid key: Syntax error; key: "${key}"`)
  }
}

function emptyName(key: string) {
  const fault = `Empty attribute name for key ${key}`
  return validationError(`ExpressionAttributeNames contains invalid value: ${fault}`)
}

function refuseUnused(parameter: string, unused: ReadonlySet<string>): void {
  if (unused.size === 0) return
  throw validationError(
    `Value provided in ${parameter} unused in expressions: keys: {${[...unused].join(', ')}}`,
  )
}
