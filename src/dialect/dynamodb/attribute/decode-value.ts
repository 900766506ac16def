import {
  type AttributeValue,
  isScalarType,
  isSetType,
  type Scalar,
  type SetType,
  setElementType,
} from '../../../model/attribute-value.ts'
import { NESTING_DEPTH_MAX } from '../../../model/limits.ts'
import { uniqueInSteps } from '../../../model/scalar-order.ts'
import { STEP_ELEMENTS, type Stepped, type Steps } from '../../../model/steps.ts'
import { isJsonObject, type JsonObject } from '../../json-object.ts'
import { INVALID_PARAMETERS, serializationError } from '../refusal.ts'
import { noCollection } from '../shapes/collections.ts'
import { readFlag } from '../shapes/scalars.ts'
import { shortened } from '../shortened.ts'
import { decodeScalar } from './decode-scalar.ts'
import type { Faults } from './faults.ts'

const TYPES = ['S', 'N', 'B', 'SS', 'NS', 'BS', 'BOOL', 'NULL', 'L', 'M'] as const
type Type = (typeof TYPES)[number]

const EMPTY =
  'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'
const SEVERAL =
  'Supplied AttributeValue has more than one datatypes set, ' +
  'must contain exactly one of the supported datatypes'
const NULL_FALSE = `${INVALID_PARAMETERS}Null attribute value types must have the value of true`
const TOO_DEEP = 'Nesting Levels have exceeded supported limits'
const EMPTY_SETS = {
  SS: `${INVALID_PARAMETERS}An string set  may not be empty`,
  NS: `${INVALID_PARAMETERS}An number set  may not be empty`,
  BS: `${INVALID_PARAMETERS}Binary sets should not be empty`,
} as const
const NAME_BYTES_MAX = 65_535
export const LONG_NAME = `${INVALID_PARAMETERS}An attribute name exceeds ${NAME_BYTES_MAX} bytes`
/** Bytes of UTF-8 for one unit of UTF-16. */
const UNIT_BYTES_MAX = 3
/** Elements of a set that a message quotes. */
const SHOWN_ELEMENTS_MAX = 100

/** Placeholder for a faulty value. */
const NOTHING: AttributeValue = { type: 'NULL', value: true }

/**
 * Decodes typed JSON such as `{"N":"1.0"}` to its canonical value, in steps for collections. Adds
 * errors in values to `faults`; throws only for a wrong form.
 *
 * @param depth the levels of L and M around it
 * @throws Refusal `SerializationException`
 */
export function decodeValue(typed: unknown, faults: Faults, depth = 0): Stepped<AttributeValue> {
  if (!isJsonObject(typed)) throw serializationError('Unexpected value type in payload')
  const type = typeOf(typed, faults)
  if (type === undefined) return NOTHING
  const json = typed[type]
  if (isScalarType(type)) {
    return { type, value: decodeScalar(type, json, faults) } as AttributeValue
  }
  if (type === 'BOOL') return { type, value: readFlag(json) }
  if (type === 'NULL') {
    if (!readFlag(json)) faults.note(NULL_FALSE)
    return NOTHING
  }
  return decodeParts(type, json, faults, depth)
}

/** The type, if there is exactly one. */
function typeOf(typed: JsonObject, faults: Faults): Type | undefined {
  let found: Type | undefined
  for (const name of Object.keys(typed)) {
    const type = TYPES.find((each) => each === name)
    if (type === undefined || typed[type] === null) continue
    if (found !== undefined) {
      faults.note(SEVERAL)
      return undefined
    }
    found = type
  }
  if (found === undefined) faults.note(EMPTY)
  return found
}

function* decodeParts(
  type: SetType | 'L' | 'M',
  json: unknown,
  faults: Faults,
  depth: number,
): Steps<AttributeValue> {
  yield
  if (isSetType(type)) return { type, value: yield* decodeSet(type, json, faults) }
  if (depth >= NESTING_DEPTH_MAX) {
    faults.note(TOO_DEEP)
    return NOTHING
  }
  if (type === 'M') {
    if (!isJsonObject(json)) throw noCollection(json)
    return { type, value: yield* decodeMembers(json, faults, depth + 1) }
  }
  const elements: AttributeValue[] = []
  for (const element of listOf(json)) {
    const decoded = decodeValue(element, faults, depth + 1)
    if (elements.push('type' in decoded ? decoded : yield* decoded) % STEP_ELEMENTS === 0) yield
  }
  return { type: 'L', value: elements }
}

/** Decodes the attributes of an item or of a map. */
export function* decodeMembers(
  json: JsonObject,
  faults: Faults,
  depth: number,
): Steps<Map<string, AttributeValue>> {
  const members = new Map<string, AttributeValue>()
  for (const name of Object.keys(json)) {
    if (json[name] === null) continue
    noteName(name, faults)
    const decoded = decodeValue(json[name], faults, depth)
    members.set(name, 'type' in decoded ? decoded : yield* decoded)
    if (members.size % STEP_ELEMENTS === 0) yield
  }
  return members
}

export function noteName(name: string, faults: Faults): void {
  if (isNameTooLong(name)) faults.note(LONG_NAME)
}

export function isNameTooLong(name: string): boolean {
  return name.length * UNIT_BYTES_MAX > NAME_BYTES_MAX && Buffer.byteLength(name) > NAME_BYTES_MAX
}

function listOf(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json
  if (isJsonObject(json)) {
    throw serializationError('Start of structure or map found where not expected')
  }
  throw serializationError('Unexpected field type')
}

function* decodeSet(type: SetType, json: unknown, faults: Faults): Steps<readonly Scalar[]> {
  const elementType = setElementType(type)
  const elements: Scalar[] = []
  for (const element of listOf(json)) {
    if (elements.push(decodeScalar(elementType, element, faults)) % STEP_ELEMENTS === 0) yield
  }
  if (elements.length === 0) faults.note(EMPTY_SETS[type])
  const unique = yield* uniqueInSteps(elementType, elements)
  if (unique.length < elements.length) faults.note(duplicates(type, elements))
  return unique
}

function duplicates(type: SetType, elements: readonly Scalar[]): string {
  if (type === 'NS') return 'Input collection contains duplicates'
  const shown = elements
    .slice(0, SHOWN_ELEMENTS_MAX)
    .map((each) => (typeof each === 'string' ? each : each.toString('base64')))
  const text = shortened(`[${shown.join(', ')}]`)
  return type === 'SS'
    ? `${INVALID_PARAMETERS}Input collection ${text} contains duplicates.`
    : `${INVALID_PARAMETERS}Input collection ${text}of type BS contains duplicates.`
}
