import { isSteps, type Stepped, type Steps } from '../../../model/steps.ts'
import { isJsonObject } from '../../json-object.ts'
import { serializationError } from '../refusal.ts'
import { Report } from './report.ts'

/** The required form of a part of a request. */
export interface Shape<T> {
  /** The value, from JSON that is not null. @throws Refusal `SerializationException` */
  read(json: unknown): Stepped<T>
  /** Adds the constraints that the value violates to the report. */
  check?(value: T, at: string, report: Report): void
  /** The value as messages quote it, if it has a form of its own. */
  shown?(value: T): string
}

/** A required member. */
export interface Mandatory<T> extends Shape<T> {
  readonly isMandatory: true
}

export type Read<S> = S extends Shape<infer T> ? T : never

type Members = Readonly<Record<string, Shape<unknown>>>

/** The type of a checked structure with these members. */
export type Structure<M extends Members> = {
  readonly [K in keyof M as M[K] extends Mandatory<unknown> ? K : never]: Read<M[K]>
} & {
  readonly [K in keyof M as M[K] extends Mandatory<unknown> ? never : K]?: Read<M[K]> | undefined
}

export function mandatory<T>(shape: Shape<T>): Mandatory<T> {
  const { read, check } = shape
  return { read: read.bind(shape), isMandatory: true, ...(check && { check: check.bind(shape) }) }
}

/**
 * Ignores unknown members, and treats null as absent. Violated constraints are reported in the
 * order of `members`.
 *
 * @param name the structure's name in messages that quote it
 */
export function structure<M extends Members>(members: M, name?: string): Shape<Structure<M>> {
  const all = Object.entries<Shape<unknown>>(members).map(([name, shape]) => {
    return { name, shape, place: lowerFirst(name), isMandatory: 'isMandatory' in shape }
  })
  return {
    ...(name !== undefined && { shown: (value) => shownStructure(name, value) }),
    read(json) {
      if (!isJsonObject(json)) {
        throw serializationError(
          Array.isArray(json) ? 'Unrecognized collection type' : 'Unexpected value type in payload',
        )
      }
      const found: Record<string, unknown> = {}
      let slow: [string, Steps<unknown>][] | undefined
      for (const { name, shape } of all) {
        const member = json[name]
        if (member === undefined || member === null) continue
        const value = shape.read(member)
        if (isSteps(value)) slow = [...(slow ?? []), [name, value]]
        else found[name] = value
      }
      return (slow ? settling(found, slow) : found) as Stepped<Structure<M>>
    },
    check(value, at, report) {
      const found = value as Readonly<Record<string, unknown>>
      for (const { name, shape, place, isMandatory } of all) {
        const member = found[name]
        if (member === undefined && !isMandatory) continue
        const where = at === '' ? place : `${at}.${place}`
        if (member !== undefined) shape.check?.(member, where, report)
        else report.add(undefined, where, 'Member must not be null')
      }
    },
  }
}

/** `Name(one=1, two=2)` */
function shownStructure(name: string, value: object): string {
  const members = Object.entries(value).map(([member, each]) => `${lowerFirst(member)}=${each}`)
  return `${name}(${members.join(', ')})`
}

function* settling(
  found: Record<string, unknown>,
  slow: readonly (readonly [string, Steps<unknown>])[],
): Steps<unknown> {
  for (const [name, steps] of slow) found[name] = yield* steps
  return found
}

/** `keySchema` for `KeySchema`, as messages write it. */
export function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

/** @throws MagnetoDBError that lists all violated constraints, in one sentence */
export function checked<T>(shape: Shape<T>, value: T): T {
  const report = new Report()
  shape.check?.(value, '', report)
  report.finish()
  return value
}
