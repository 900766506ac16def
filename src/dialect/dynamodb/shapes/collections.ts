import { isSteps, mapInSteps, STEP_ELEMENTS, type Steps } from '../../../model/steps.ts'
import { isJsonObject, type JsonObject } from '../../json-object.ts'
import { serializationError } from '../refusal.ts'
import type { Shape } from './shape.ts'

export interface Lengths {
  readonly lengthMin?: number
  readonly lengthMax?: number
}

/** A list. Nulls in it are ignored. */
export function list<T>(element: Shape<T>, lengths: Lengths = {}): Shape<readonly T[]> {
  const { lengthMin = 0, lengthMax = Number.POSITIVE_INFINITY } = lengths
  return {
    read(json) {
      if (!Array.isArray(json)) throw noCollection(json)
      const found = json.filter((each) => each !== null)
      if (found.length > STEP_ELEMENTS) return mapInSteps(found, (each) => element.read(each))
      const values = found.map((each) => element.read(each))
      return values.some(isSteps) ? mapInSteps(values, (each) => each) : (values as T[])
    },
    check(value, at, report) {
      if (value.length < lengthMin) {
        report.add(value, at, `Member must have length greater than or equal to ${lengthMin}`)
      }
      if (value.length > lengthMax) {
        const shown = value.map((each) => element.shown?.(each) ?? each)
        report.add(shown, at, `Member must have length less than or equal to ${lengthMax}`)
      }
      for (const [i, each] of value.entries())
        element.check?.(each, `${at}.${i + 1}.member`, report)
    },
  }
}

export interface MapLimits extends Lengths {
  /** Constraint on all names, and its text in messages. */
  readonly names?: { readonly pattern: RegExp; readonly constraint: string }
  readonly valueLengths?: { readonly min: number; readonly max: number }
}

/** A map whose names the caller chooses. */
export function mapOf<T>(member: Shape<T>, limits: MapLimits = {}): Shape<ReadonlyMap<string, T>> {
  const { lengthMin = 0, names, valueLengths } = limits
  return {
    read(json) {
      if (!isJsonObject(json)) throw noCollection(json)
      const keys = Object.keys(json)
      if (keys.length > STEP_ELEMENTS) return readMany(json, keys, member)
      const found = new Map<string, T>()
      const slow: [string, Steps<T>][] = []
      for (const name of keys) {
        if (json[name] === null) continue
        const value = member.read(json[name])
        if (isSteps(value)) slow.push([name, value])
        // Names keep their order: what is slow has its place already.
        found.set(name, value as T)
      }
      return slow.length === 0 ? found : settled(found, slow)
    },
    check(value, at, report) {
      if (value.size < lengthMin) {
        report.add(value, at, `Member must have length greater than or equal to ${lengthMin}`)
      }
      const keys = [...value.keys()]
      if (names && keys.some((name) => !names.pattern.test(name))) {
        report.add(value, at, `Map keys must satisfy constraint: [${names.constraint}]`)
      }
      if (valueLengths && [...value.values()].some(isOutside(valueLengths))) {
        const { min, max } = valueLengths
        const constraint =
          `Member must have length less than or equal to ${max}, ` +
          `Member must have length greater than or equal to ${min}`
        report.add(value, at, `Map value must satisfy constraint: [${constraint}]`)
      }
      for (const [name, each] of value) member.check?.(each, `${at}.${name}.member`, report)
    },
  }
}

function isOutside({ min, max }: { readonly min: number; readonly max: number }) {
  return (value: unknown): boolean => {
    const { length } = value as readonly unknown[]
    return length < min || length > max
  }
}

function* readMany<T>(
  json: JsonObject,
  keys: readonly string[],
  member: Shape<T>,
): Steps<ReadonlyMap<string, T>> {
  const names = keys.filter((name) => json[name] !== null)
  const values = yield* mapInSteps(names, (name) => member.read(json[name]))
  return new Map(names.map((name, i) => [name, values[i] as T]))
}

function* settled<T>(
  found: Map<string, T>,
  slow: readonly (readonly [string, Steps<T>])[],
): Steps<ReadonlyMap<string, T>> {
  for (const [name, steps] of slow) found.set(name, yield* steps)
  return found
}

export function noCollection(json: unknown) {
  if (Array.isArray(json)) return serializationError('Unrecognized collection type java.util.Map')
  return typeof json === 'object'
    ? serializationError('Start of structure or map found where not expected')
    : serializationError('Unexpected field type')
}
