import {
  type AttributeValue,
  type Item,
  isTypedMapType,
  type Scalar,
  type TypedMapType,
  typedMapValueType,
} from './attribute-value.ts'
import { mapInSteps, STEP_ELEMENTS, type Steps } from './steps.ts'

/** A typed map of MagnetoDB v1. Wires without typed maps see the M of `asDocument`. */
export type TypedMap = Extract<AttributeValue, { type: TypedMapType }>

export function isTypedMap(value: AttributeValue): value is TypedMap {
  return isTypedMapType(value.type)
}

/** The map as M. Keys become names: a number its canonical text, bytes their base64. */
export function asDocument({ type, value }: TypedMap): Item {
  const valueType = typedMapValueType(type)
  const members = value.map(
    ([key, member]) => [nameOf(key), { type: valueType, value: member } as AttributeValue] as const,
  )
  return new Map(members)
}

/** The item with its typed maps, at any depth, as M. */
export function* withoutTypedMaps(item: Item): Steps<Item> {
  const shown = new Map<string, AttributeValue>()
  for (const [name, value] of item) {
    shown.set(name, yield* withoutTypedMapsIn(value))
    if (shown.size % STEP_ELEMENTS === 0) yield
  }
  return shown
}

function* withoutTypedMapsIn(value: AttributeValue): Steps<AttributeValue> {
  if (isTypedMap(value)) return { type: 'M', value: asDocument(value) }
  if (value.type === 'M') return { type: 'M', value: yield* withoutTypedMaps(value.value) }
  if (value.type !== 'L') return value
  return { type: 'L', value: yield* mapInSteps(value.value, withoutTypedMapsIn) }
}

/** The member of `asDocument`'s result with that name. */
export function memberOf({ type, value }: TypedMap, name: string): AttributeValue | undefined {
  const entry = value.find(([key]) => nameOf(key) === name)
  return entry && ({ type: typedMapValueType(type), value: entry[1] } as AttributeValue)
}

function nameOf(key: Scalar): string {
  return typeof key === 'string' ? key : key.toString('base64')
}
